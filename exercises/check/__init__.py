"""The checks: `python -m exercises.check`. They know the equations and hold no solutions.

`student` calls what the student wrote, and `expect` looks at what comes back. Then there is a
module for each module of exercises, with a check for each function; `gradient` derives a loss by
the complex step, and knows what usual mistakes come to.
"""
