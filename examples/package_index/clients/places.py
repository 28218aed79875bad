"""Where the scripted people are: public addresses from every continent, and one private."""

from __future__ import annotations

ADDRESSES = (
    "83.149.9.1",  # Moscow
    "2a02:c7f:9a2b:7c00::1",  # England
    "201.76.90.1",  # Marília
    "121.107.188.1",  # Okinawa
    "196.14.132.1",  # Johannesburg
    "2001:44b8:3188::1",  # Sydney
    "24.236.252.1",  # Michigan
    "87.169.99.1",  # Berlin
    "117.227.171.1",  # Bhubaneswar
    "105.112.0.1",  # Lagos
    "2a01:e0a:1f:5d20::1",  # Brest
    "10.20.30.40",  # behind some company's proxy: no location
    "192.95.12.1",  # Montreal
    "187.214.29.1",  # Guadalajara
    "116.125.143.1",  # Daejeon
    "194.103.63.1",  # Stockholm
    "203.84.135.1",  # Auckland
    "2804:14c:65d6:4000::1",  # Brasília
    "85.246.85.1",  # Lisbon
    "41.141.61.1",  # Agadir
    "217.71.46.1",  # Tallinn
    "112.208.14.1",  # Manila
    "190.239.74.1",  # Lima
    "2601:646:8001::1",  # San Jose
    "156.209.12.1",  # Giza
    "84.75.200.1",  # Renens
    "117.7.102.1",  # Hanoi
    "2605:8d80:400::1",  # Edmonton
    "82.193.99.1",  # Kyiv
    "190.82.255.1",  # Santiago
    "2001:14ba:1000::1",  # Lahti
)

RUNNERS = ("13.64.0.9", "40.76.4.15", "20.1.128.5", "52.247.200.9", "104.210.32.4")
"""Machines of a cloud that continuous integration runs on."""

STRANGERS = ("110.136.166.1", "54.255.13.1", "89.176.234.1", "203.82.66.1", "2a00:1450:4001:81b::200e")
