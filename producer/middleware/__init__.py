"""Middleware that tells `emit` who asks.

``from producer.middleware.wsgi import WSGIMiddleware`` for Flask, Django, Pyramid and the like;
``from producer.middleware.asgi import ASGIMiddleware`` for Starlette, FastAPI and the like.
"""
