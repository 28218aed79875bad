"""Middleware that tells `emit` who makes a request.

``from trailkeeper.producer.middleware.wsgi import WSGIMiddleware`` for Flask, Django, Pyramid and the like;
``from trailkeeper.producer.middleware.asgi import ASGIMiddleware`` for Starlette, FastAPI and the like.
"""
