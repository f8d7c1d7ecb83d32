"""What tests of several rooms use: kinds of tests, real engines, plugins as processes, traffic, leftovers."""
