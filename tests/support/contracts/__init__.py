"""What is promised of an interface, as suites that every implementation of it has to pass.

A suite is a class without `Test` in front; a test module derives one class for
each implementation and says with a fixture how it is made.
"""
