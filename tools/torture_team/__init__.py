"""Several runs of several machines on one ledger, under every fault: what was lost or doubled?"""
