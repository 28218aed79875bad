"""The application's tables."""

from __future__ import annotations

SCHEMA = """
-- Ids are random and never used again, so that a history cannot pass to the next owner of a name.
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, email TEXT NOT NULL,
    email_verified INTEGER NOT NULL DEFAULT 0, password TEXT, staff INTEGER NOT NULL DEFAULT 0,
    totp_secret TEXT, totp_label TEXT, totp_step INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS recovery_codes (
    digest TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE);
-- secrets sent by mail, and tickets between the two steps of a login
CREATE TABLE IF NOT EXISTS codes (
    digest TEXT PRIMARY KEY, purpose TEXT NOT NULL, expires REAL NOT NULL,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS organizations (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS members (
    organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL, PRIMARY KEY (organization_id, user_id));
CREATE TABLE IF NOT EXISTS projects (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, quarantined INTEGER NOT NULL DEFAULT 0,
    upload_limit INTEGER NOT NULL DEFAULT 1000000,
    organization_id TEXT REFERENCES organizations ON DELETE SET NULL);
CREATE TABLE IF NOT EXISTS roles (
    project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL, PRIMARY KEY (project_id, user_id));
CREATE TABLE IF NOT EXISTS invitations (
    project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL, PRIMARY KEY (project_id, user_id));
CREATE TABLE IF NOT EXISTS publishers (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    repository TEXT NOT NULL, workflow TEXT NOT NULL,
    added_by TEXT NOT NULL REFERENCES users ON DELETE CASCADE, UNIQUE (project_id, repository, workflow));
-- a token acts for the user who made it, or for a publisher and then only for a while
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, label TEXT NOT NULL, expires REAL,
    user_id TEXT REFERENCES users ON DELETE CASCADE,
    publisher_id TEXT REFERENCES publishers ON DELETE CASCADE,
    project_id TEXT REFERENCES projects ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS releases (
    project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    version TEXT NOT NULL, yanked TEXT, PRIMARY KEY (project_id, version));
CREATE TABLE IF NOT EXISTS files (
    project_id TEXT NOT NULL, filename TEXT PRIMARY KEY, version TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    FOREIGN KEY (project_id, version) REFERENCES releases ON DELETE CASCADE);
"""
