; Setup for Windows: for one user, without an administrator. Filled in by tools/windows/build.py.

Unicode true
Target amd64-unicode
SetCompressor /SOLID /FINAL lzma
SetCompressorDictSize 64
; The files' own times would make each Setup another one.
SetDateSave off
RequestExecutionLevel user
ManifestDPIAware true
CRCCheck on

Name "batch-update ${VERSION}"
OutFile "${TARGET}"
BrandingText "batch-update ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "batch-update"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "batch-update Setup"
VIAddVersionKey /LANG=0 "LegalCopyright" "MIT"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\batch-update"
!define WINDOW "-m batch_update.cli.window"

!include MUI2.nsh
!include "${FILES}"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEPAGE_TITLE "batch-update ${VERSION}"
!define MUI_WELCOMEPAGE_TEXT "$(WELCOME)"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "$(FINISH)"
!define MUI_FINISHPAGE_RUN "$INSTDIR\python.exe"
!define MUI_FINISHPAGE_RUN_PARAMETERS "${WINDOW} --sandbox $\"$INSTDIR\samples\shipments.xlsx$\""
!define MUI_FINISHPAGE_RUN_TEXT "$(TRY)"
!insertmacro MUI_PAGE_FINISH

!define MUI_UNCONFIRMPAGE_TEXT_TOP "$(KEPT)"
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

; The first is the one for users of neither language.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "Russian"

; The shortcuts' names, which are taken away in both languages.
!define SEND_EN "Send sheets to the shop.lnk"
!define SEND_RU "Отправить таблицы в магазин.lnk"
!define PRACTICE_EN "Practise sending sheets.lnk"
!define PRACTICE_RU "Тренировка с таблицами.lnk"
LangString SEND ${LANG_ENGLISH} "${SEND_EN}"
LangString SEND ${LANG_RUSSIAN} "${SEND_RU}"
LangString PRACTICE ${LANG_ENGLISH} "${PRACTICE_EN}"
LangString PRACTICE ${LANG_RUSSIAN} "${PRACTICE_RU}"

LangString WELCOME ${LANG_ENGLISH} "Carries a warehouse's sheets into a JustClick shop.$\r$\n$\r$\nIt is installed for you alone, and needs no administrator. Two icons come to the desktop: drop a sheet on one to send it, on the other to practise without a shop. The first is under $\"Send to$\" as well."
LangString WELCOME ${LANG_RUSSIAN} "Переносит таблицы склада в магазин на JustClick.$\r$\n$\r$\nПрограмма ставится только для вас, администратор не нужен. На рабочем столе появятся два значка: перетащите таблицу на один, чтобы отправить её, на другой — чтобы потренироваться без магазина. Первый есть и в меню «Отправить»."
LangString FINISH ${LANG_ENGLISH} "Installed. Drop a sheet, several or a folder on an icon on the desktop. Nothing is sent before you say yes."
LangString FINISH ${LANG_RUSSIAN} "Готово. Перетащите таблицу, несколько таблиц или папку на значок на рабочем столе. Без вашего «да» ничего не отправится."
LangString TRY ${LANG_ENGLISH} "Practise with a sample sheet now"
LangString TRY ${LANG_RUSSIAN} "Потренироваться на таблице-образце"
LangString KEPT ${LANG_ENGLISH} "The program is removed. Your sheets, the config file and the ledger stay."
LangString KEPT ${LANG_RUSSIAN} "Программа будет удалена. Ваши таблицы, файл настроек и журнал останутся."
LangString RUNS ${LANG_ENGLISH} "batch-update is running. Close its window, then try again."
LangString RUNS ${LANG_RUSSIAN} "Программа batch-update работает. Закройте её окно и попробуйте ещё раз."

; Always in the same place: what is removed there is nobody else's.
!macro BEGIN
  StrCpy $INSTDIR "$LOCALAPPDATA\Programs\batch-update"
  SetShellVarContext current
  IfFileExists "$INSTDIR\python.exe" 0 +6
  ClearErrors
  FileOpen $0 "$INSTDIR\python.exe" a
  IfErrors 0 +2
  Call ${UN}Refuse
  FileClose $0
!macroend

!macro REFUSE
  MessageBox MB_OK|MB_ICONEXCLAMATION "$(RUNS)" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend

!macro REMOVE_SHORTCUTS
  Delete "$DESKTOP\${SEND_EN}"
  Delete "$DESKTOP\${SEND_RU}"
  Delete "$DESKTOP\${PRACTICE_EN}"
  Delete "$DESKTOP\${PRACTICE_RU}"
  Delete "$SENDTO\${SEND_EN}"
  Delete "$SENDTO\${SEND_RU}"
!macroend

Function Refuse
  !insertmacro REFUSE
FunctionEnd

Function un.Refuse
  !insertmacro REFUSE
FunctionEnd

Function .onInit
  !define UN ""
  !insertmacro BEGIN
  !undef UN
FunctionEnd

Function un.onInit
  !define UN "un."
  !insertmacro BEGIN
  !undef UN
FunctionEnd

Section
  ; Nothing of an older version is left for Python to find.
  !insertmacro REMOVE_FILES
  !insertmacro REMOVE_SHORTCUTS
  !insertmacro INSTALL_FILES
  WriteUninstaller "$INSTDIR\uninstall.exe"

  ; Python as it was signed is started, and nothing in between. It begins where sheets may lie.
  SetOutPath "$DOCUMENTS"
  CreateShortCut "$DESKTOP\$(SEND)" "$INSTDIR\python.exe" "${WINDOW}" "$INSTDIR\send.ico"
  CreateShortCut "$SENDTO\$(SEND)" "$INSTDIR\python.exe" "${WINDOW}" "$INSTDIR\send.ico"
  CreateShortCut "$DESKTOP\$(PRACTICE)" "$INSTDIR\python.exe" "${WINDOW} --sandbox" "$INSTDIR\practice.ico"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "batch-update"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "batch-update"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\send.ico"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "un."
  !insertmacro REMOVE_FILES
  !insertmacro REMOVE_SHORTCUTS
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  ; Only if it is empty.
  RMDir "$LOCALAPPDATA\Programs"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
