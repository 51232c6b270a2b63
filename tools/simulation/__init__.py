"""Whole stories of runs in virtual time, in one thread, with all chance from one seed.

python -m tools.simulation 100000       as many stories, on two cores; what came of them
python -m tools.simulation --seed 17    one story, told step by step
python -m tools.simulation --planted    mistakes made on purpose: after how many stories seen
"""
