"""The demo: talks that run themselves in the lab, in chapters. The chapters are tables; beside them is
what takes their steps.

What a terminal or a browser shows of a talk is not in here.
"""
