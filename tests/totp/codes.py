"""Prints the one-time code of each line `secret time`, as pyotp computes it."""

import sys

import pyotp

for line in sys.stdin:
    secret, time = line.split()
    print(pyotp.TOTP(secret).at(int(time)))
