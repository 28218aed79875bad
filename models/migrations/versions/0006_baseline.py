"""The tables of the first release. The steps 0001 to 0005, which led here, were never released."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = None
branch_labels = None
depends_on = None

WORD = 'text COLLATE "C"'
MOMENT = "timestamp with time zone"
NOW = f"{MOMENT} DEFAULT now() NOT NULL"
COUNT = "bigint DEFAULT '0' NOT NULL"
HOLDS = "bigint[] DEFAULT '{}' NOT NULL"
INTEGER_KEY = "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
BIGINT_KEY = "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

EVENTS = f"""
CREATE TABLE events (
    id uuid NOT NULL, occurred_at {MOMENT} NOT NULL, recorded_at {NOW}, scrubbed_at {MOMENT},
    location_id integer, client_id integer, scope {WORD} NOT NULL, tag {WORD} NOT NULL,
    user_id {WORD}, user_name text, project_id {WORD}, project_name text,
    organization_id {WORD}, organization_name text,
    actor_kind {WORD} NOT NULL, actor_id {WORD}, actor_name text,
    credential_kind {WORD}, credential_id {WORD}, credential_label text,
    on_behalf_of_id {WORD}, on_behalf_of_name text,
    ip inet, request_id {WORD}, additional jsonb, extras jsonb,
    scrubbed_by text[], imported_by integer, producer_id integer, sequence integer,
    PRIMARY KEY (id, scope)
) PARTITION BY LIST (scope);
"""

DICTIONARIES = f"""
CREATE TABLE locations (
    id {INTEGER_KEY}, digest bytea NOT NULL, display text, reason {WORD},
    city text, region text, country text, country_code {WORD},
    latitude double precision, longitude double precision, asn bigint,
    source text NOT NULL, build {WORD} NOT NULL, recorded_at {NOW}, unused_since {MOMENT}
);
CREATE UNIQUE INDEX locations_digest_key ON locations (digest);
CREATE TABLE clients (
    id {INTEGER_KEY}, digest bytea NOT NULL, user_agent text NOT NULL, display text NOT NULL,
    kind {WORD} NOT NULL, name text, version text, os text, device text,
    source text NOT NULL, build {WORD} NOT NULL, recorded_at {NOW}, unused_since {MOMENT}
);
CREATE UNIQUE INDEX clients_digest_key ON clients (digest);
"""

MESSAGES = f"""
CREATE TABLE outbox (
    id {BIGINT_KEY}, made_at {MOMENT} DEFAULT clock_timestamp() NOT NULL,
    payload bytea NOT NULL, invalid bytea
);
CREATE TABLE dead_letters (
    id {BIGINT_KEY}, recorded_at {NOW}, stream {WORD} NOT NULL, stream_id {WORD} NOT NULL,
    digest bytea NOT NULL, reason {WORD} NOT NULL, detail text NOT NULL, deliveries integer NOT NULL,
    raw bytea NOT NULL, signature bytea
);
CREATE UNIQUE INDEX dead_letters_stream_id_key ON dead_letters (stream, stream_id, digest);
CREATE INDEX dead_letters_reason_id_idx ON dead_letters (reason, id);
"""

# the default of purges.finished_at is of no use any more, but databases have it
GOVERNED = f"""
CREATE TABLE purges (
    id {BIGINT_KEY}, started_at {MOMENT} NOT NULL, finished_at {MOMENT} DEFAULT now(),
    scope {WORD} NOT NULL, tag {WORD}, retention_days integer NOT NULL, before {MOMENT} NOT NULL,
    partitions integer NOT NULL, events bigint NOT NULL, held {COUNT}, holds {HOLDS}
);
CREATE TABLE scrubs (
    id {BIGINT_KEY}, started_at {MOMENT} NOT NULL, finished_at {MOMENT},
    step {WORD} NOT NULL, days integer NOT NULL, before {MOMENT} NOT NULL,
    events {COUNT}, held {COUNT}, holds {HOLDS}
);
CREATE TABLE scrub_marks (
    partition {WORD} NOT NULL, step {WORD} NOT NULL, relation bigint NOT NULL, inserted bigint NOT NULL,
    policy {WORD} NOT NULL, PRIMARY KEY (partition, step)
);
CREATE TABLE erasures (
    id {BIGINT_KEY}, started_at {MOMENT} NOT NULL, finished_at {MOMENT},
    user_id {WORD} NOT NULL, asked_by text,
    events {COUNT}, dead_letters {COUNT}, held {COUNT}, holds {HOLDS}, receipt jsonb, import_lines {COUNT}
);
CREATE TABLE holds (
    id {BIGINT_KEY}, added_at {NOW}, until {MOMENT}, released_at {MOMENT},
    about {WORD} NOT NULL CHECK (about IN ('user', 'project', 'organization')),
    subject_id {WORD} NOT NULL, reason text NOT NULL, added_by text, released_by text, release_reason text
);
CREATE INDEX holds_about_subject_id_idx ON holds (about, subject_id) WHERE released_at IS NULL;
"""

# blocks live for seconds: packing them takes longer than writing them
ADMINISTERED = f"""
CREATE TABLE orders (
    id uuid PRIMARY KEY, placed_at {NOW}, begun_at {MOMENT}, done_at {MOMENT},
    attempts integer DEFAULT 0 NOT NULL, asked_by text NOT NULL,
    action {WORD} NOT NULL, given jsonb NOT NULL, outcome jsonb
);
CREATE INDEX orders_waiting_idx ON orders (placed_at) WHERE done_at IS NULL;
CREATE TABLE backfills (
    id {INTEGER_KEY}, kind {WORD} NOT NULL, state {WORD} DEFAULT 'running' NOT NULL,
    filters jsonb NOT NULL, asked_by text NOT NULL, created_at {NOW}, started_at {MOMENT},
    finished_at {MOMENT}, heartbeat_at {NOW}, due_at {NOW}, attempts integer DEFAULT 0 NOT NULL,
    throttle integer, estimate bigint, cursor jsonb,
    seen {COUNT}, changed {COUNT}, skipped {COUNT}, rejected {COUNT}, detail text
);
CREATE INDEX backfills_state_idx ON backfills (state) WHERE finished_at IS NULL;
CREATE TABLE backfill_files (
    backfill_id integer PRIMARY KEY, name text NOT NULL, digest bytea NOT NULL,
    lines {COUNT}, events {COUNT}, complete boolean DEFAULT false NOT NULL, read_at {NOW}
);
CREATE INDEX backfill_files_digest_idx ON backfill_files (digest);
CREATE TABLE backfill_blocks (
    backfill_id integer NOT NULL, last_line bigint NOT NULL, content bytea NOT NULL,
    PRIMARY KEY (backfill_id, last_line)
);
ALTER TABLE backfill_blocks ALTER COLUMN content SET STORAGE EXTERNAL;
"""

COUNTING = f"""
CREATE TABLE producers (id {INTEGER_KEY}, name {WORD} NOT NULL, first_seen_at {NOW});
CREATE UNIQUE INDEX producers_name_key ON producers (name);
CREATE TABLE tallies (
    id {BIGINT_KEY}, hour {MOMENT} NOT NULL, producer_id integer NOT NULL, count integer NOT NULL,
    merged boolean DEFAULT false NOT NULL, scope {WORD} NOT NULL, fate {WORD} NOT NULL,
    sequences int4multirange NOT NULL
);
CREATE UNIQUE INDEX tallies_merged_key ON tallies (producer_id, hour, scope, fate) WHERE merged;
CREATE INDEX tallies_unmerged_idx ON tallies (id) WHERE NOT merged;
CREATE INDEX tallies_hour_idx ON tallies (hour, scope);
CREATE TABLE coverage (
    producer_id integer PRIMARY KEY, highest integer DEFAULT 0 NOT NULL, sequences int4multirange NOT NULL
);
CREATE INDEX coverage_broken_idx ON coverage (producer_id)
    WHERE sequences <> int4multirange(int4range(1, GREATEST(upper(sequences), highest + 1)));
CREATE TABLE gaps (
    id {BIGINT_KEY}, producer_id integer NOT NULL, noticed_at {NOW}, told_at {MOMENT},
    closed_at {MOMENT}, sequences int4multirange NOT NULL
);
CREATE INDEX gaps_open_idx ON gaps (producer_id) WHERE closed_at IS NULL;
"""


def upgrade() -> None:
    for statements in (EVENTS, DICTIONARIES, MESSAGES, GOVERNED, ADMINISTERED, COUNTING):
        op.execute(statements)
    # the same order as the models', on which the names of the partitions' indexes depend
    for column in ("user_id", "project_id", "organization_id", "actor_id", "on_behalf_of_id", "ip"):
        also = " AND actor_id IS DISTINCT FROM user_id" if column == "actor_id" else ""
        op.execute(
            f"CREATE INDEX events_{column}_id_idx ON events ({column}, id) WHERE {column} IS NOT NULL{also}"
        )
    op.execute("CREATE INDEX events_tag_id_idx ON events (hashtext(tag), id)")
    for scope in ("user", "project", "organization", "system"):
        op.execute(
            f"CREATE TABLE events_{scope} PARTITION OF events"
            f" FOR VALUES IN ('{scope}') PARTITION BY RANGE (id)"
        )


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
