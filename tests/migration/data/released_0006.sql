

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.backfill_blocks (
    backfill_id integer NOT NULL,
    last_line bigint NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.backfill_blocks ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE public.backfill_files (
    backfill_id integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    lines bigint DEFAULT '0'::bigint NOT NULL,
    events bigint DEFAULT '0'::bigint NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.backfills (
    id integer NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    state text DEFAULT 'running'::text NOT NULL COLLATE pg_catalog."C",
    filters jsonb NOT NULL,
    asked_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    heartbeat_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    throttle integer,
    estimate bigint,
    cursor jsonb,
    seen bigint DEFAULT '0'::bigint NOT NULL,
    changed bigint DEFAULT '0'::bigint NOT NULL,
    skipped bigint DEFAULT '0'::bigint NOT NULL,
    rejected bigint DEFAULT '0'::bigint NOT NULL,
    detail text
);

ALTER TABLE public.backfills ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.backfills_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.clients (
    id integer NOT NULL,
    digest bytea NOT NULL,
    user_agent text NOT NULL,
    display text NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    name text,
    version text,
    os text,
    device text,
    source text NOT NULL,
    build text NOT NULL COLLATE pg_catalog."C",
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    unused_since timestamp with time zone
);

ALTER TABLE public.clients ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.clients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.coverage (
    producer_id integer NOT NULL,
    highest integer DEFAULT 0 NOT NULL,
    sequences int4multirange NOT NULL
);

CREATE TABLE public.dead_letters (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    stream text NOT NULL COLLATE pg_catalog."C",
    stream_id text NOT NULL COLLATE pg_catalog."C",
    digest bytea NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL,
    deliveries integer NOT NULL,
    raw bytea NOT NULL,
    signature bytea
);

ALTER TABLE public.dead_letters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.erasures (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    user_id text NOT NULL COLLATE pg_catalog."C",
    asked_by text,
    events bigint DEFAULT '0'::bigint NOT NULL,
    dead_letters bigint DEFAULT '0'::bigint NOT NULL,
    held bigint DEFAULT '0'::bigint NOT NULL,
    holds bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    receipt jsonb,
    import_lines bigint DEFAULT '0'::bigint NOT NULL
);

ALTER TABLE public.erasures ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.erasures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events (
    id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text NOT NULL COLLATE pg_catalog."C",
    tag text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
)
PARTITION BY LIST (scope);

CREATE TABLE public.events_organization (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
)
PARTITION BY RANGE (id);

CREATE TABLE public.events_organization_2026 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_organization_2027 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_project (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
)
PARTITION BY RANGE (id);

CREATE TABLE public.events_project_2026 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_project_2027 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_system (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
)
PARTITION BY RANGE (id);

CREATE TABLE public.events_system_2026 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_system_2027 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
)
PARTITION BY RANGE (id);

CREATE TABLE public.events_user_2025_03 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2026_08 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2026_09 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2026_10 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2026_11 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2026_12 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2027_01 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.events_user_2027_02 (
    id uuid CONSTRAINT events_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() CONSTRAINT events_recorded_at_not_null NOT NULL,
    scrubbed_at timestamp with time zone,
    location_id integer,
    client_id integer,
    scope text CONSTRAINT events_scope_not_null NOT NULL COLLATE pg_catalog."C",
    tag text CONSTRAINT events_tag_not_null NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    user_name text,
    project_id text COLLATE pg_catalog."C",
    project_name text,
    organization_id text COLLATE pg_catalog."C",
    organization_name text,
    actor_kind text CONSTRAINT events_actor_kind_not_null NOT NULL COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    actor_name text,
    credential_kind text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    credential_label text,
    on_behalf_of_id text COLLATE pg_catalog."C",
    on_behalf_of_name text,
    ip inet,
    request_id text COLLATE pg_catalog."C",
    additional jsonb,
    extras jsonb,
    scrubbed_by text[],
    imported_by integer,
    producer_id integer,
    sequence integer
);

CREATE TABLE public.gaps (
    id bigint NOT NULL,
    producer_id integer NOT NULL,
    noticed_at timestamp with time zone DEFAULT now() NOT NULL,
    told_at timestamp with time zone,
    closed_at timestamp with time zone,
    sequences int4multirange NOT NULL
);

ALTER TABLE public.gaps ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.gaps_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.holds (
    id bigint NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    until timestamp with time zone,
    released_at timestamp with time zone,
    about text NOT NULL COLLATE pg_catalog."C",
    subject_id text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    added_by text,
    released_by text,
    release_reason text,
    CONSTRAINT holds_about_check CHECK ((about = ANY (ARRAY['user'::text, 'project'::text, 'organization'::text])))
);

ALTER TABLE public.holds ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.holds_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.locations (
    id integer NOT NULL,
    digest bytea NOT NULL,
    display text,
    reason text COLLATE pg_catalog."C",
    city text,
    region text,
    country text,
    country_code text COLLATE pg_catalog."C",
    latitude double precision,
    longitude double precision,
    asn bigint,
    source text NOT NULL,
    build text NOT NULL COLLATE pg_catalog."C",
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    unused_since timestamp with time zone
);

ALTER TABLE public.locations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.locations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders (
    id uuid NOT NULL,
    placed_at timestamp with time zone DEFAULT now() NOT NULL,
    begun_at timestamp with time zone,
    done_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    asked_by text NOT NULL,
    action text NOT NULL COLLATE pg_catalog."C",
    given jsonb NOT NULL,
    outcome jsonb
);

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    payload bytea NOT NULL,
    invalid bytea
);

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.producers (
    id integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.producers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.producers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.purges (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone DEFAULT now(),
    scope text NOT NULL COLLATE pg_catalog."C",
    tag text COLLATE pg_catalog."C",
    retention_days integer NOT NULL,
    before timestamp with time zone NOT NULL,
    partitions integer NOT NULL,
    events bigint NOT NULL,
    held bigint DEFAULT '0'::bigint NOT NULL,
    holds bigint[] DEFAULT '{}'::bigint[] NOT NULL
);

ALTER TABLE public.purges ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.purges_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.scrub_marks (
    partition text NOT NULL COLLATE pg_catalog."C",
    step text NOT NULL COLLATE pg_catalog."C",
    relation bigint NOT NULL,
    inserted bigint NOT NULL,
    policy text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.scrubs (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    step text NOT NULL COLLATE pg_catalog."C",
    days integer NOT NULL,
    before timestamp with time zone NOT NULL,
    events bigint DEFAULT '0'::bigint NOT NULL,
    held bigint DEFAULT '0'::bigint NOT NULL,
    holds bigint[] DEFAULT '{}'::bigint[] NOT NULL
);

ALTER TABLE public.scrubs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.scrubs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tallies (
    id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    producer_id integer NOT NULL,
    count integer NOT NULL,
    merged boolean DEFAULT false NOT NULL,
    scope text NOT NULL COLLATE pg_catalog."C",
    fate text NOT NULL COLLATE pg_catalog."C",
    sequences int4multirange NOT NULL
);

ALTER TABLE public.tallies ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tallies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.trailkeeper_version (
    version_num character varying(32) NOT NULL
);

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_organization FOR VALUES IN ('organization');

ALTER TABLE ONLY public.events_organization ATTACH PARTITION public.events_organization_2026 FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_organization ATTACH PARTITION public.events_organization_2027 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01aa263d-0000-0000-0000-000000000000');

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_project FOR VALUES IN ('project');

ALTER TABLE ONLY public.events_project ATTACH PARTITION public.events_project_2026 FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_project ATTACH PARTITION public.events_project_2027 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01aa263d-0000-0000-0000-000000000000');

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_system FOR VALUES IN ('system');

ALTER TABLE ONLY public.events_system ATTACH PARTITION public.events_system_2026 FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_system ATTACH PARTITION public.events_system_2027 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01aa263d-0000-0000-0000-000000000000');

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_user FOR VALUES IN ('user');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2025_03 FOR VALUES FROM ('01954f00-b000-0000-0000-000000000000') TO ('0195eea5-d400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2026_08 FOR VALUES FROM ('019fba9e-d800-0000-0000-000000000000') TO ('01a05a43-fc00-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2026_09 FOR VALUES FROM ('01a05a43-fc00-0000-0000-000000000000') TO ('01a0f4c2-c400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2026_10 FOR VALUES FROM ('01a0f4c2-c400-0000-0000-000000000000') TO ('01a19467-e800-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2026_11 FOR VALUES FROM ('01a19467-e800-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2026_12 FOR VALUES FROM ('01a22ee6-b000-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2027_01 FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01a36e30-f800-0000-0000-000000000000');

ALTER TABLE ONLY public.events_user ATTACH PARTITION public.events_user_2027_02 FOR VALUES FROM ('01a36e30-f800-0000-0000-000000000000') TO ('01a3fe63-0800-0000-0000-000000000000');

INSERT INTO public.backfill_blocks VALUES
	(1, 20, '\x28b52ffd60930d9510000621642e604bda06d08220c8b043b058fd57a3b549fcde57517bdb297292bd8da1026cc9165ab9533e5538c363dbb66d18d157005c005500114f9f67447ae883ddb7fcdc3a589b7a5353abf429e48af8cf134138f55006e3218c184f368be93c48461342d7a70b87f4d0e88e613a2a085949ab3197765749cb9cd3fa0619c7ab4f63a3073f9da01112c08500121602c86290b3018268c060814216610c2f1b0a903e85e42f5cd1c832d248ebd387468f0633158ce30dbf28e474bc81e4c77fa01eca88a603849cd2f569944d84094197b381bc42237df14c3d20f810e6f3a047c37122f9f41d5ceaa1cb51ce4bfd2ec554e4f4ee1a2e985a81b5d6c2be2c77c528bc12abe5cdc59410504a355b2e3e83f17d9383ae97f901ccacb8d6e043d68ce1c4cb8bb34d4c80c4c444a311f1d471391ba889d11510e32309ffe8a10b610ece39b6d45a3c81cb9924291bdd95242d0aba7b259eb45de6fe4e8c63165bf2048aa2f0c22c3e932871e9b47073af3a3904adb5a545efde658b6d52cc75b74b7d204992e421d30ffbb7392ddb4ebd27c500632c412090e3b40d8fca84ba0a3b0966af16986e92628ab072115a3338c984ba0a3b09b2b716986e92628a38b9665a3338c9843a855d09b2b716986e42b18a38b9665a339864923a855d09b2570b9c6e42b18a38b9b2b91c4c6c9212e59e5c39d3f1b2060b046aaf75e03ea6c108656d6fb2614777d6d1973824cac13108fa40d0'),
	(1, 30, '\x28b52ffd60930d9d1000f660642e604b9207d08220c8b043b058fd5747236ef184bc1ab5b78cdc44f636860aa008299249a66f2b070600003000461e56005c00570011909967347cf0836ed80e5f3b487d5c1fe6ed0cf946c57c8669a4b47c3083f152360c5895855de0ad8d953232e445bc7c7033fad0bfe974ad934ce54e77b7d3edeac867923ed40c792a7c20c81338a202b81040c2424862a8b6e1423460b0c0914614c35785c265c8b7fe222a1cd28e38c431e407858f06b50abac4864f14d52e51b9f5e733920f6634d601a2da1a19f2ac4a047b65ac56b9b18252e382b17c5cf9102cf3c04763599a0af91d62e583db9baab9b4a24288b952e7d1145df205524acf2dd74f256d35765cbee7a80f25e0eed37993de4abd6627b924193a3f0021f4d43dca184acee56988254cfa99022426261a8d08c84bac56b9ca9c517119df4878860f4e084201efbd84fea4cca196b83ceec5c7683b4a81734e31f785628bf3d7894d26bdde49095a6bef4ea74a8ba53f8acd18633c8e803196387de9faa185dc493f55cb830eacb56862f1ade5b3933f73aae4d73c4d0d2815412090e3b40d8fca84ba0a3b0966af16986e92628ab872655a3338c984ba0a4309b2b716986e92628a30b9125a3338c9843a855d09325811986e42b18a38b966b31c4c6c9212e55eb932ad199c64425d859904c45b0b4c374931459c5c39d3f1b2060b046aaf75e03ea6c108656d6fb2614777d6d1973824cac13108fa40d0'),
	(1, 35, '\x28b52ffd604a06ad0c0016d94e2c80276d036c0ccc86264959b78f11bdd4f0e57e07da6fbb77924e16d3e11aa1a526925be653138b146342442a4100420047006eab2f0f36cdf34f17ade3c0ffc771532628e3ea7ce8bfafdb84d745db1af377f26fa92375e22d317392f815241d11f9a8285eb74f2e526e17ac62027810c0c14175c2079b5fb4ce43171a269dbe6edf9409687d9f54566f20a7271abaa83e44401b86450b8679a65bb8e073d1723f0ab70d749e457b80d9713b850d34a7c60959bc368b1d0941707878582c146e199f5456f99e2fd5818f02d82cda3694323a615285da508000c232d86009704a0675ddd60913be3483db68465bb70c72d122d22532ae0011cba48ccb8cb1b88eb79652ff494c884a9cb54aca80ee46f48aca6bb0f975524a23605ba9ed5a2b26d11107f75bdee9604f69b053224029a528b5a2fab6de73620d7a23000f509900ea80c20e4800b2076a0130dd04500c28e2805c2053503300934c00754061072400d903b500986e0228061471402ec874bcadc10283dacb387013d3a084b2b037e9b0a336eb0897b84994336310f401a301');

INSERT INTO public.backfill_files VALUES
	(1, 'old.jsonl', '\x29975aa0b3327a19797863fee593636b37735785ab23af4182b398b3d8a12a5b', 35, 35, true, '2026-11-29 01:39:17.830305+00');

INSERT INTO public.backfills OVERRIDING SYSTEM VALUE VALUES
	(1, 'import', 'running', '{"file": "old.jsonl"}', 'ada', '2026-11-29 01:39:17.78746+00', '2026-11-29 01:39:17.871322+00', NULL, '2026-11-29 01:39:17.943509+00', '2026-11-29 01:39:17.943509+00', 0, NULL, NULL, '{"line": 10}', 10, 10, 0, 0, NULL);

INSERT INTO public.clients OVERRIDING SYSTEM VALUE VALUES
	(1, '\x7900736fa67175b2a37ab6d8abc52f2d', 'twine/4.0.2 CPython/3.11.3', 'twine (CPython)', 'installer', 'twine', '4.0.2', NULL, NULL, 'linehaul', 'linehaul 1.0.3, ua-parser 1.0.2, ua-parser-builtins 202610, rules 1', '2026-11-29 01:39:14.938962+00', NULL),
	(2, '\xbbc0c88deda2e02112f3ee4932564a57', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0', 'Firefox (Ubuntu)', 'browser', 'Firefox', '120.0', 'Ubuntu', NULL, 'ua-parser', 'linehaul 1.0.3, ua-parser 1.0.2, ua-parser-builtins 202610, rules 1', '2026-11-29 01:39:14.938962+00', NULL);

INSERT INTO public.coverage VALUES
	(1, 0, '{[1,3),[4,6)}');

INSERT INTO public.dead_letters OVERRIDING SYSTEM VALUE VALUES
	(3, '2026-11-29 01:39:14.955983+00', 'trailkeeper:events', '1795916354785-1', '\x92072df399cb74703f8e86f450d552bc', 'not_json', 'JSON is malformed: object keys must be strings (byte 1)', 1, '\x7b6e6f74206a736f6e', NULL),
	(4, '2026-11-29 01:39:14.955983+00', 'trailkeeper:events', '1795916354785-2', '\xa1bf724a371bfa753cde45825befca6c', 'unknown_tag', 'nobody:knows:this: add its catalogue to TRAILKEEPER_CATALOGUE of the worker', 1, '\x7b2276223a312c226964223a2230316131393436372d653830302d373030302d623935642d333562643665386136353133222c22746167223a226e6f626f64793a6b6e6f77733a74686973222c226f636375727265645f6174223a22323032362d31312d30315430303a30303a30305a222c2275736572223a6e756c6c2c2270726f6a656374223a6e756c6c2c226f7267616e697a6174696f6e223a6e756c6c2c226163746f72223a7b226b696e64223a2275736572222c226964223a227531222c226e616d65223a22616e6e222c2263726564656e7469616c223a6e756c6c2c226f6e5f626568616c665f6f66223a6e756c6c7d2c226970223a6e756c6c2c22757365725f6167656e74223a6e756c6c2c22726571756573745f6964223a6e756c6c2c226164646974696f6e616c223a7b7d7d', NULL);

INSERT INTO public.erasures OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-29 01:39:15.095536+00', '2026-11-29 01:39:15.122755+00', 'u2', NULL, 4, 0, 0, '{}', '{"held": 0, "holds": [], "events": 4, "user_id": "u2", "erasure_id": 1, "started_at": "2026-11-29T01:39:15.095536Z", "finished_at": "2026-11-29T01:39:15.122755Z", "dead_letters": 0, "import_lines": 0}', 0);

INSERT INTO public.events_project_2026 VALUES
	('01a0f6b1-2680-7000-bcd7-80a5cb0455f8', '2026-10-01 09:00:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'project', 'project:release:add', NULL, NULL, 'p1', 'flask', NULL, NULL, 'user', 'u1', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"version": "1.0"}', NULL, NULL, NULL, NULL, NULL),
	('01a0fbd7-8280-7000-b115-befda8493c65', '2026-10-02 09:00:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'project', 'project:release:add', NULL, NULL, 'p1', 'flask', NULL, NULL, 'user', 'u1', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"version": "1.1"}', NULL, NULL, NULL, NULL, NULL),
	('01a100fd-de80-7000-b887-0ba061a70ecf', '2026-10-03 09:00:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'project', 'project:release:add', NULL, NULL, 'p1', 'flask', NULL, NULL, 'user', 'u1', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"version": "1.2"}', NULL, NULL, NULL, NULL, NULL),
	('01a10624-3a80-7000-944c-dfe88fa34d95', '2026-10-04 09:00:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'project', 'project:release:add', NULL, NULL, 'p1', 'flask', NULL, NULL, 'user', 'u1', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"version": "1.3"}', NULL, NULL, NULL, NULL, NULL);

INSERT INTO public.events_system_2026 VALUES
	('01a224f4-d5ae-75be-bd93-160385a57ee7', '2026-11-29 01:39:14.990359+00', '2026-11-29 01:39:14.986066+00', NULL, NULL, NULL, 'system', 'admin:hold:add', NULL, NULL, NULL, NULL, NULL, NULL, 'staff', 'ada', 'ada', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"id": "u8", "about": "user", "reason": "a lawsuit", "hold_id": "1"}', NULL, NULL, NULL, NULL, NULL),
	('01a224f4-d5d8-7bbe-bd78-aaeb0436570b', '2026-11-29 01:39:15.032734+00', '2026-11-29 01:39:15.032408+00', NULL, NULL, NULL, 'system', 'system:purge:finish', NULL, NULL, NULL, NULL, NULL, NULL, 'system', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"held": 1, "holds": [1], "scope": "user", "before": "2025-11-20T12:00:00+00:00", "events": 5, "purge_id": "1", "partitions": 0, "retention_days": 365}', NULL, NULL, NULL, NULL, NULL),
	('01a224f4-d602-7953-88bd-d2f9c37b0c29', '2026-11-29 01:39:15.074583+00', '2026-11-29 01:39:15.074302+00', NULL, NULL, NULL, 'system', 'system:scrub:finish', NULL, NULL, NULL, NULL, NULL, NULL, 'system', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"days": 30, "held": 0, "step": "address", "holds": [], "before": "2026-10-21T12:00:00+00:00", "events": 10, "scrub_id": "1"}', NULL, NULL, NULL, NULL, NULL),
	('01a224f4-d634-7ec8-9012-bbc314967405', '2026-11-29 01:39:15.124924+00', '2026-11-29 01:39:15.122532+00', NULL, NULL, NULL, 'system', 'system:erasure:finish', NULL, NULL, NULL, NULL, NULL, NULL, 'system', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"held": 0, "holds": [], "events": 4, "user_id": "u2", "erasure_id": "1", "dead_letters": 0, "import_lines": 0}', NULL, NULL, NULL, NULL, NULL),
	('01a224f4-dbdf-7249-938d-9641040cfe19', '2026-11-29 01:39:16.575143+00', '2026-11-29 01:39:16.570672+00', NULL, NULL, NULL, 'system', 'system:gap:report', NULL, NULL, NULL, NULL, NULL, NULL, 'system', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"count": 1, "since": "2026-11-29T01:39:15+00:00", "gap_id": "1", "numbers": "3", "producer": "shop-1f"}', NULL, NULL, NULL, NULL, NULL),
	('01a224f4-e0a7-7e7e-b729-8f1af7a91acf', '2026-11-29 01:39:17.799906+00', '2026-11-29 01:39:17.78746+00', NULL, NULL, NULL, 'system', 'admin:backfill:start', NULL, NULL, NULL, NULL, NULL, NULL, 'staff', 'ada', 'ada', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"kind": "import", "filters": {"file": "old.jsonl"}, "backfill_id": "1"}', NULL, NULL, NULL, NULL, NULL);

INSERT INTO public.events_user_2025_03 VALUES
	('01957833-9000-7000-b1e8-ee7acbecd661', '2025-03-09 00:00:00+00', '2026-11-29 01:39:14.979888+00', NULL, NULL, NULL, 'user', 'account:login:success', 'u8', NULL, NULL, NULL, NULL, NULL, 'user', 'u8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO public.events_user_2026_08 VALUES
	('019fc6d9-f280-7000-b706-5e948842c415', '2026-08-03 09:00:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u0', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.0.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6da-dce0-7000-83aa-6239b921c377', '2026-08-03 09:01:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u1', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.1.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6db-c740-7000-aaac-77efb6c9c0f5', '2026-08-03 09:02:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u2', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.2.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6dc-b1a0-7000-b00a-28a9f5ddbbe0', '2026-08-03 09:03:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u3', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.3.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6dd-9c00-7000-bf83-e52b6afbf0ca', '2026-08-03 09:04:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u4', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.4.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6de-8660-7000-8aeb-ca7cbfbbeb9c', '2026-08-03 09:05:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u5', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.5.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6df-70c0-7000-8d71-b6c18c1fdf58', '2026-08-03 09:06:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u6', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.6.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6e0-5b20-7000-8d4f-483636eb9335', '2026-08-03 09:07:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u7', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.7.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6e1-4580-7000-ad03-3c0a6cfcddf9', '2026-08-03 09:08:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u8', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.8.8', NULL, NULL, NULL, NULL, 1, NULL, NULL),
	('019fc6e2-2fe0-7000-b8d7-b7cebd1dcec4', '2026-08-03 09:09:00+00', '2026-11-29 01:39:17.871322+00', NULL, 1, 1, 'user', 'account:login:success', 'u9', NULL, NULL, NULL, NULL, NULL, 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '8.8.9.8', NULL, NULL, NULL, NULL, 1, NULL, NULL);

INSERT INTO public.events_user_2026_09 VALUES
	('01a07102-bd00-7000-9887-769103bafe26', '2026-09-05 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.067734+00', 1, 2, 'user', 'account:login:success', 'u0', 'user 0', NULL, NULL, NULL, NULL, 'user', 'u0', 'user 0', NULL, NULL, NULL, NULL, NULL, '8.8.0.0/24', 'r0', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a08ac2-8900-7000-a06f-ff99cbad2396', '2026-09-10 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.067734+00', 1, 1, 'user', 'account:login:success', 'u1', 'user 1', NULL, NULL, NULL, NULL, 'user', 'u1', 'user 1', NULL, NULL, NULL, NULL, NULL, '8.8.1.0/24', 'r1', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a0be42-2100-7000-ad28-a5db3bcf5185', '2026-09-20 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.067734+00', 1, 1, 'user', 'account:login:success', 'u0', 'user 0', NULL, NULL, NULL, NULL, 'user', 'u0', 'user 0', NULL, NULL, NULL, NULL, NULL, '8.8.3.0/24', 'r3', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a0d801-ed00-7000-9543-35f2747024f2', '2026-09-25 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.067734+00', 1, 2, 'user', 'account:login:success', 'u1', 'user 1', NULL, NULL, NULL, NULL, 'user', 'u1', 'user 1', NULL, NULL, NULL, NULL, NULL, '8.8.4.0/24', 'r4', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a0a482-5500-7000-87ce-32db99d56e11', '2026-09-15 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.101524+00', NULL, NULL, 'user', 'account:login:success', 'u2', NULL, NULL, NULL, NULL, NULL, 'user', 'u2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'r2', NULL, NULL, '{address/1,erasure/1}', NULL, NULL, NULL),
	('01a0f1c1-b900-7000-a8a6-44eb287b47df', '2026-09-30 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.101524+00', NULL, NULL, 'user', 'account:login:success', 'u2', NULL, NULL, NULL, NULL, NULL, 'user', 'u2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'r5', NULL, NULL, '{address/1,erasure/1}', NULL, NULL, NULL);

INSERT INTO public.events_user_2026_10 VALUES
	('01a17280-b500-7000-96c4-4bf10585bbab', '2026-10-25 10:00:00+00', '2026-11-29 01:39:14.955983+00', NULL, 1, 2, 'user', 'account:login:success', 'u1', 'user 1', NULL, NULL, NULL, NULL, 'user', 'u1', 'user 1', NULL, NULL, NULL, NULL, NULL, '8.8.10.8', 'r10', NULL, NULL, NULL, NULL, NULL, NULL),
	('01a10b81-8500-7000-9c0a-7e12e9e77eaf', '2026-10-05 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.071277+00', 1, 2, 'user', 'account:login:success', 'u0', 'user 0', NULL, NULL, NULL, NULL, 'user', 'u0', 'user 0', NULL, NULL, NULL, NULL, NULL, '8.8.6.0/24', 'r6', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a12541-5100-7000-b909-627efa55ac6e', '2026-10-10 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.071277+00', 1, 1, 'user', 'account:login:success', 'u1', 'user 1', NULL, NULL, NULL, NULL, 'user', 'u1', 'user 1', NULL, NULL, NULL, NULL, NULL, '8.8.7.0/24', 'r7', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a158c0-e900-7000-8973-5e0107327405', '2026-10-20 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.071277+00', 1, 1, 'user', 'account:login:success', 'u0', 'user 0', NULL, NULL, NULL, NULL, 'user', 'u0', 'user 0', NULL, NULL, NULL, NULL, NULL, '8.8.9.0/24', 'r9', NULL, NULL, '{address/1}', NULL, NULL, NULL),
	('01a13f01-1d00-7000-b6dc-4abd8ba237f9', '2026-10-15 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.101524+00', NULL, NULL, 'user', 'account:login:success', 'u2', NULL, NULL, NULL, NULL, NULL, 'user', 'u2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'r8', NULL, NULL, '{address/1,erasure/1}', NULL, NULL, NULL),
	('01a18c40-8100-7000-8bf7-116a0d1b649a', '2026-10-30 10:00:00+00', '2026-11-29 01:39:14.955983+00', '2026-11-29 01:39:15.101524+00', NULL, NULL, 'user', 'account:login:success', 'u2', NULL, NULL, NULL, NULL, NULL, 'user', 'u2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'r11', NULL, NULL, '{erasure/1}', NULL, NULL, NULL);

INSERT INTO public.events_user_2026_11 VALUES
	('01a1f2d2-be60-7000-a726-a18b5c3636f3', '2026-11-19 08:01:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'user', 'account:login:success', 'u7', 'user 7', NULL, NULL, NULL, NULL, 'user', 'u7', 'user 7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1),
	('01a1f2d3-a8c0-7000-8738-5b254e9519fc', '2026-11-19 08:02:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'user', 'account:login:success', 'u7', 'user 7', NULL, NULL, NULL, NULL, 'user', 'u7', 'user 7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 2),
	('01a1f2d6-67e0-7000-bcc4-45b7e052f60c', '2026-11-19 08:05:00+00', '2026-11-29 01:39:14.955983+00', NULL, NULL, NULL, 'user', 'account:login:success', 'u7', 'user 7', NULL, NULL, NULL, NULL, 'user', 'u7', 'user 7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 5);

INSERT INTO public.gaps OVERRIDING SYSTEM VALUE VALUES
	(1, 1, '2026-11-29 01:39:15.351769+00', '2026-11-29 01:39:16.570672+00', NULL, '{[3,4)}');

INSERT INTO public.holds OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-29 01:39:14.986066+00', NULL, NULL, 'user', 'u8', 'a lawsuit', 'ada', NULL, NULL);

INSERT INTO public.locations OVERRIDING SYSTEM VALUE VALUES
	(1, '\xd76e6e53f170679185c0d74c4aa8f954', 'United States', NULL, NULL, NULL, 'United States', 'US', 37.751, -97.822, NULL, 'GeoLite2-City', '2018-07-03', '2026-11-29 01:39:14.82013+00', NULL);

INSERT INTO public.orders VALUES
	('01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11', '2026-11-29 01:39:17.951819+00', NULL, NULL, 0, 'ada', 'discard', '{"ids": [3], "reason": "not JSON"}', NULL);

INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-29 01:39:17.959685+00', '\x7b2276223a312c226964223a2230316131663836362d306430302d373030302d616336632d613635366436326235646564222c22746167223a226163636f756e743a6c6f67696e3a73756363657373222c226f636375727265645f6174223a22323032362d31312d32305431303a30303a30305a222c2275736572223a7b226964223a227535222c226e616d65223a22757365722035227d2c2270726f6a656374223a6e756c6c2c226f7267616e697a6174696f6e223a6e756c6c2c226163746f72223a7b226b696e64223a2275736572222c226964223a227535222c226e616d65223a22757365722035222c2263726564656e7469616c223a6e756c6c2c226f6e5f626568616c665f6f66223a6e756c6c7d2c226970223a6e756c6c2c22757365725f6167656e74223a6e756c6c2c22726571756573745f6964223a6e756c6c2c226164646974696f6e616c223a7b7d7d', NULL),
	(2, '2026-11-29 01:39:17.959986+00', '\x7b2276223a312c226964223a2230316131663836362d663736302d373030302d396364642d353036656530343563323530222c22746167223a226163636f756e743a6c6f67696e3a73756363657373222c226f636375727265645f6174223a22323032362d31312d32305431303a30313a30305a222c2275736572223a7b226964223a227535222c226e616d65223a22757365722035227d2c2270726f6a656374223a6e756c6c2c226f7267616e697a6174696f6e223a6e756c6c2c226163746f72223a7b226b696e64223a2275736572222c226964223a227535222c226e616d65223a22757365722035222c2263726564656e7469616c223a6e756c6c2c226f6e5f626568616c665f6f66223a6e756c6c7d2c226970223a6e756c6c2c22757365725f6167656e74223a6e756c6c2c22726571756573745f6964223a6e756c6c2c226164646974696f6e616c223a7b7d7d', NULL),
	(3, '2026-11-29 01:39:17.960107+00', '\x7b2276223a312c226964223a2230316131663836372d653163302d373030302d623530362d316531616330383062616139222c22746167223a226163636f756e743a6c6f67696e3a73756363657373222c226f636375727265645f6174223a22323032362d31312d32305431303a30323a30305a222c2275736572223a7b226964223a227535222c226e616d65223a22757365722035227d2c2270726f6a656374223a6e756c6c2c226f7267616e697a6174696f6e223a6e756c6c2c226163746f72223a7b226b696e64223a2275736572222c226964223a227535222c226e616d65223a22757365722035222c2263726564656e7469616c223a6e756c6c2c226f6e5f626568616c665f6f66223a6e756c6c7d2c226970223a6e756c6c2c22757365725f6167656e74223a6e756c6c2c22726571756573745f6964223a6e756c6c2c226164646974696f6e616c223a7b7d7d', NULL);

INSERT INTO public.producers OVERRIDING SYSTEM VALUE VALUES
	(1, 'shop-1f', '2026-11-29 01:39:14.814935+00');

INSERT INTO public.purges OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-29 01:39:15.022591+00', '2026-11-29 01:39:15.032535+00', 'user', NULL, 365, '2025-11-20 12:00:00+00', 0, 5, 1, '{1}');

INSERT INTO public.scrub_marks VALUES
	('events_user_2025_03', 'address', 17032, 0, '7b410340ff91a5a9'),
	('events_user_2026_09', 'address', 16990, 6, '7b410340ff91a5a9');

INSERT INTO public.scrubs OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-29 01:39:15.052038+00', '2026-11-29 01:39:15.074419+00', 'address', 30, '2026-10-21 12:00:00+00', 10, 0, '{}');

INSERT INTO public.tallies OVERRIDING SYSTEM VALUE VALUES
	(3, '2026-11-19 08:00:00+00', 1, 1, true, '', 'void', '{[4,5)}'),
	(4, '2026-11-19 08:00:00+00', 1, 3, true, 'user', 'stored', '{[1,3),[5,6)}');

INSERT INTO public.trailkeeper_version VALUES
	('0006');

SELECT pg_catalog.setval('public.backfills_id_seq', 1, true);

SELECT pg_catalog.setval('public.clients_id_seq', 2, true);

SELECT pg_catalog.setval('public.dead_letters_id_seq', 4, true);

SELECT pg_catalog.setval('public.erasures_id_seq', 1, true);

SELECT pg_catalog.setval('public.gaps_id_seq', 1, true);

SELECT pg_catalog.setval('public.holds_id_seq', 1, true);

SELECT pg_catalog.setval('public.locations_id_seq', 1, true);

SELECT pg_catalog.setval('public.outbox_id_seq', 3, true);

SELECT pg_catalog.setval('public.producers_id_seq', 1, true);

SELECT pg_catalog.setval('public.purges_id_seq', 1, true);

SELECT pg_catalog.setval('public.scrubs_id_seq', 1, true);

SELECT pg_catalog.setval('public.tallies_id_seq', 4, true);

ALTER TABLE ONLY public.backfill_blocks
    ADD CONSTRAINT backfill_blocks_pkey PRIMARY KEY (backfill_id, last_line);

ALTER TABLE ONLY public.backfill_files
    ADD CONSTRAINT backfill_files_pkey PRIMARY KEY (backfill_id);

ALTER TABLE ONLY public.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.coverage
    ADD CONSTRAINT coverage_pkey PRIMARY KEY (producer_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_organization
    ADD CONSTRAINT events_organization_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_organization_2026
    ADD CONSTRAINT events_organization_2026_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_organization_2027
    ADD CONSTRAINT events_organization_2027_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_project
    ADD CONSTRAINT events_project_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_project_2026
    ADD CONSTRAINT events_project_2026_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_project_2027
    ADD CONSTRAINT events_project_2027_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_system
    ADD CONSTRAINT events_system_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_system_2026
    ADD CONSTRAINT events_system_2026_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_system_2027
    ADD CONSTRAINT events_system_2027_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user
    ADD CONSTRAINT events_user_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2025_03
    ADD CONSTRAINT events_user_2025_03_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2026_08
    ADD CONSTRAINT events_user_2026_08_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2026_09
    ADD CONSTRAINT events_user_2026_09_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2026_10
    ADD CONSTRAINT events_user_2026_10_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2026_11
    ADD CONSTRAINT events_user_2026_11_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2026_12
    ADD CONSTRAINT events_user_2026_12_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2027_01
    ADD CONSTRAINT events_user_2027_01_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.events_user_2027_02
    ADD CONSTRAINT events_user_2027_02_pkey PRIMARY KEY (id, scope);

ALTER TABLE ONLY public.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.locations
    ADD CONSTRAINT locations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.producers
    ADD CONSTRAINT producers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.purges
    ADD CONSTRAINT purges_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.scrub_marks
    ADD CONSTRAINT scrub_marks_pkey PRIMARY KEY (partition, step);

ALTER TABLE ONLY public.scrubs
    ADD CONSTRAINT scrubs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tallies
    ADD CONSTRAINT tallies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.trailkeeper_version
    ADD CONSTRAINT trailkeeper_version_pkc PRIMARY KEY (version_num);

CREATE INDEX backfill_files_digest_idx ON public.backfill_files USING btree (digest);

CREATE INDEX backfills_state_idx ON public.backfills USING btree (state) WHERE (finished_at IS NULL);

CREATE UNIQUE INDEX clients_digest_key ON public.clients USING btree (digest);

CREATE INDEX coverage_broken_idx ON public.coverage USING btree (producer_id) WHERE (sequences <> int4multirange(int4range(1, GREATEST(upper(sequences), (highest + 1)))));

CREATE INDEX dead_letters_reason_id_idx ON public.dead_letters USING btree (reason, id);

CREATE UNIQUE INDEX dead_letters_stream_id_key ON public.dead_letters USING btree (stream, stream_id, digest);

CREATE INDEX events_actor_id_id_idx ON ONLY public.events USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_ip_id_idx ON ONLY public.events USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_on_behalf_of_id_id_idx ON ONLY public.events USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_organization_actor_id_id_idx ON ONLY public.events_organization USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_organization_2026_actor_id_id_idx ON public.events_organization_2026 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_tag_id_idx ON ONLY public.events USING btree (hashtext(tag), id);

CREATE INDEX events_organization_hashtext_id_idx ON ONLY public.events_organization USING btree (hashtext(tag), id);

CREATE INDEX events_organization_2026_hashtext_id_idx ON public.events_organization_2026 USING btree (hashtext(tag), id);

CREATE INDEX events_organization_ip_id_idx ON ONLY public.events_organization USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_organization_2026_ip_id_idx ON public.events_organization_2026 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_organization_on_behalf_of_id_id_idx ON ONLY public.events_organization USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_organization_2026_on_behalf_of_id_id_idx ON public.events_organization_2026 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_organization_id_id_idx ON ONLY public.events USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_organization_organization_id_id_idx ON ONLY public.events_organization USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_organization_2026_organization_id_id_idx ON public.events_organization_2026 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_project_id_id_idx ON ONLY public.events USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_organization_project_id_id_idx ON ONLY public.events_organization USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_organization_2026_project_id_id_idx ON public.events_organization_2026 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_id_id_idx ON ONLY public.events USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_organization_user_id_id_idx ON ONLY public.events_organization USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_organization_2026_user_id_id_idx ON public.events_organization_2026 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_organization_2027_actor_id_id_idx ON public.events_organization_2027 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_organization_2027_hashtext_id_idx ON public.events_organization_2027 USING btree (hashtext(tag), id);

CREATE INDEX events_organization_2027_ip_id_idx ON public.events_organization_2027 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_organization_2027_on_behalf_of_id_id_idx ON public.events_organization_2027 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_organization_2027_organization_id_id_idx ON public.events_organization_2027 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_organization_2027_project_id_id_idx ON public.events_organization_2027 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_organization_2027_user_id_id_idx ON public.events_organization_2027 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_project_actor_id_id_idx ON ONLY public.events_project USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_project_2026_actor_id_id_idx ON public.events_project_2026 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_project_hashtext_id_idx ON ONLY public.events_project USING btree (hashtext(tag), id);

CREATE INDEX events_project_2026_hashtext_id_idx ON public.events_project_2026 USING btree (hashtext(tag), id);

CREATE INDEX events_project_ip_id_idx ON ONLY public.events_project USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_project_2026_ip_id_idx ON public.events_project_2026 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_project_on_behalf_of_id_id_idx ON ONLY public.events_project USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_project_2026_on_behalf_of_id_id_idx ON public.events_project_2026 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_project_organization_id_id_idx ON ONLY public.events_project USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_project_2026_organization_id_id_idx ON public.events_project_2026 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_project_project_id_id_idx ON ONLY public.events_project USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_project_2026_project_id_id_idx ON public.events_project_2026 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_project_user_id_id_idx ON ONLY public.events_project USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_project_2026_user_id_id_idx ON public.events_project_2026 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_project_2027_actor_id_id_idx ON public.events_project_2027 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_project_2027_hashtext_id_idx ON public.events_project_2027 USING btree (hashtext(tag), id);

CREATE INDEX events_project_2027_ip_id_idx ON public.events_project_2027 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_project_2027_on_behalf_of_id_id_idx ON public.events_project_2027 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_project_2027_organization_id_id_idx ON public.events_project_2027 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_project_2027_project_id_id_idx ON public.events_project_2027 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_project_2027_user_id_id_idx ON public.events_project_2027 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_system_actor_id_id_idx ON ONLY public.events_system USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_system_2026_actor_id_id_idx ON public.events_system_2026 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_system_hashtext_id_idx ON ONLY public.events_system USING btree (hashtext(tag), id);

CREATE INDEX events_system_2026_hashtext_id_idx ON public.events_system_2026 USING btree (hashtext(tag), id);

CREATE INDEX events_system_ip_id_idx ON ONLY public.events_system USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_system_2026_ip_id_idx ON public.events_system_2026 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_system_on_behalf_of_id_id_idx ON ONLY public.events_system USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_system_2026_on_behalf_of_id_id_idx ON public.events_system_2026 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_system_organization_id_id_idx ON ONLY public.events_system USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_system_2026_organization_id_id_idx ON public.events_system_2026 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_system_project_id_id_idx ON ONLY public.events_system USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_system_2026_project_id_id_idx ON public.events_system_2026 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_system_user_id_id_idx ON ONLY public.events_system USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_system_2026_user_id_id_idx ON public.events_system_2026 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_system_2027_actor_id_id_idx ON public.events_system_2027 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_system_2027_hashtext_id_idx ON public.events_system_2027 USING btree (hashtext(tag), id);

CREATE INDEX events_system_2027_ip_id_idx ON public.events_system_2027 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_system_2027_on_behalf_of_id_id_idx ON public.events_system_2027 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_system_2027_organization_id_id_idx ON public.events_system_2027 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_system_2027_project_id_id_idx ON public.events_system_2027 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_system_2027_user_id_id_idx ON public.events_system_2027 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_actor_id_id_idx ON ONLY public.events_user USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2025_03_actor_id_id_idx ON public.events_user_2025_03 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_hashtext_id_idx ON ONLY public.events_user USING btree (hashtext(tag), id);

CREATE INDEX events_user_2025_03_hashtext_id_idx ON public.events_user_2025_03 USING btree (hashtext(tag), id);

CREATE INDEX events_user_ip_id_idx ON ONLY public.events_user USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2025_03_ip_id_idx ON public.events_user_2025_03 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_on_behalf_of_id_id_idx ON ONLY public.events_user USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2025_03_on_behalf_of_id_id_idx ON public.events_user_2025_03 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_organization_id_id_idx ON ONLY public.events_user USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2025_03_organization_id_id_idx ON public.events_user_2025_03 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_project_id_id_idx ON ONLY public.events_user USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2025_03_project_id_id_idx ON public.events_user_2025_03 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_user_id_id_idx ON ONLY public.events_user USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2025_03_user_id_id_idx ON public.events_user_2025_03 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2026_08_actor_id_id_idx ON public.events_user_2026_08 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2026_08_hashtext_id_idx ON public.events_user_2026_08 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2026_08_ip_id_idx ON public.events_user_2026_08 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2026_08_on_behalf_of_id_id_idx ON public.events_user_2026_08 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2026_08_organization_id_id_idx ON public.events_user_2026_08 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2026_08_project_id_id_idx ON public.events_user_2026_08 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2026_08_user_id_id_idx ON public.events_user_2026_08 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2026_09_actor_id_id_idx ON public.events_user_2026_09 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2026_09_hashtext_id_idx ON public.events_user_2026_09 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2026_09_ip_id_idx ON public.events_user_2026_09 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2026_09_on_behalf_of_id_id_idx ON public.events_user_2026_09 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2026_09_organization_id_id_idx ON public.events_user_2026_09 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2026_09_project_id_id_idx ON public.events_user_2026_09 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2026_09_user_id_id_idx ON public.events_user_2026_09 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2026_10_actor_id_id_idx ON public.events_user_2026_10 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2026_10_hashtext_id_idx ON public.events_user_2026_10 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2026_10_ip_id_idx ON public.events_user_2026_10 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2026_10_on_behalf_of_id_id_idx ON public.events_user_2026_10 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2026_10_organization_id_id_idx ON public.events_user_2026_10 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2026_10_project_id_id_idx ON public.events_user_2026_10 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2026_10_user_id_id_idx ON public.events_user_2026_10 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2026_11_actor_id_id_idx ON public.events_user_2026_11 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2026_11_hashtext_id_idx ON public.events_user_2026_11 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2026_11_ip_id_idx ON public.events_user_2026_11 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2026_11_on_behalf_of_id_id_idx ON public.events_user_2026_11 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2026_11_organization_id_id_idx ON public.events_user_2026_11 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2026_11_project_id_id_idx ON public.events_user_2026_11 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2026_11_user_id_id_idx ON public.events_user_2026_11 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2026_12_actor_id_id_idx ON public.events_user_2026_12 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2026_12_hashtext_id_idx ON public.events_user_2026_12 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2026_12_ip_id_idx ON public.events_user_2026_12 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2026_12_on_behalf_of_id_id_idx ON public.events_user_2026_12 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2026_12_organization_id_id_idx ON public.events_user_2026_12 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2026_12_project_id_id_idx ON public.events_user_2026_12 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2026_12_user_id_id_idx ON public.events_user_2026_12 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2027_01_actor_id_id_idx ON public.events_user_2027_01 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2027_01_hashtext_id_idx ON public.events_user_2027_01 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2027_01_ip_id_idx ON public.events_user_2027_01 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2027_01_on_behalf_of_id_id_idx ON public.events_user_2027_01 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2027_01_organization_id_id_idx ON public.events_user_2027_01 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2027_01_project_id_id_idx ON public.events_user_2027_01 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2027_01_user_id_id_idx ON public.events_user_2027_01 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX events_user_2027_02_actor_id_id_idx ON public.events_user_2027_02 USING btree (actor_id, id) WHERE ((actor_id IS NOT NULL) AND (actor_id IS DISTINCT FROM user_id));

CREATE INDEX events_user_2027_02_hashtext_id_idx ON public.events_user_2027_02 USING btree (hashtext(tag), id);

CREATE INDEX events_user_2027_02_ip_id_idx ON public.events_user_2027_02 USING btree (ip, id) WHERE (ip IS NOT NULL);

CREATE INDEX events_user_2027_02_on_behalf_of_id_id_idx ON public.events_user_2027_02 USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);

CREATE INDEX events_user_2027_02_organization_id_id_idx ON public.events_user_2027_02 USING btree (organization_id, id) WHERE (organization_id IS NOT NULL);

CREATE INDEX events_user_2027_02_project_id_id_idx ON public.events_user_2027_02 USING btree (project_id, id) WHERE (project_id IS NOT NULL);

CREATE INDEX events_user_2027_02_user_id_id_idx ON public.events_user_2027_02 USING btree (user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX gaps_open_idx ON public.gaps USING btree (producer_id) WHERE (closed_at IS NULL);

CREATE INDEX holds_about_subject_id_idx ON public.holds USING btree (about, subject_id) WHERE (released_at IS NULL);

CREATE UNIQUE INDEX locations_digest_key ON public.locations USING btree (digest);

CREATE INDEX orders_waiting_idx ON public.orders USING btree (placed_at) WHERE (done_at IS NULL);

CREATE UNIQUE INDEX producers_name_key ON public.producers USING btree (name);

CREATE INDEX tallies_hour_idx ON public.tallies USING btree (hour, scope);

CREATE UNIQUE INDEX tallies_merged_key ON public.tallies USING btree (producer_id, hour, scope, fate) WHERE merged;

CREATE INDEX tallies_unmerged_idx ON public.tallies USING btree (id) WHERE (NOT merged);

ALTER INDEX public.events_organization_actor_id_id_idx ATTACH PARTITION public.events_organization_2026_actor_id_id_idx;

ALTER INDEX public.events_organization_hashtext_id_idx ATTACH PARTITION public.events_organization_2026_hashtext_id_idx;

ALTER INDEX public.events_organization_ip_id_idx ATTACH PARTITION public.events_organization_2026_ip_id_idx;

ALTER INDEX public.events_organization_on_behalf_of_id_id_idx ATTACH PARTITION public.events_organization_2026_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_organization_id_id_idx ATTACH PARTITION public.events_organization_2026_organization_id_id_idx;

ALTER INDEX public.events_organization_pkey ATTACH PARTITION public.events_organization_2026_pkey;

ALTER INDEX public.events_organization_project_id_id_idx ATTACH PARTITION public.events_organization_2026_project_id_id_idx;

ALTER INDEX public.events_organization_user_id_id_idx ATTACH PARTITION public.events_organization_2026_user_id_id_idx;

ALTER INDEX public.events_organization_actor_id_id_idx ATTACH PARTITION public.events_organization_2027_actor_id_id_idx;

ALTER INDEX public.events_organization_hashtext_id_idx ATTACH PARTITION public.events_organization_2027_hashtext_id_idx;

ALTER INDEX public.events_organization_ip_id_idx ATTACH PARTITION public.events_organization_2027_ip_id_idx;

ALTER INDEX public.events_organization_on_behalf_of_id_id_idx ATTACH PARTITION public.events_organization_2027_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_organization_id_id_idx ATTACH PARTITION public.events_organization_2027_organization_id_id_idx;

ALTER INDEX public.events_organization_pkey ATTACH PARTITION public.events_organization_2027_pkey;

ALTER INDEX public.events_organization_project_id_id_idx ATTACH PARTITION public.events_organization_2027_project_id_id_idx;

ALTER INDEX public.events_organization_user_id_id_idx ATTACH PARTITION public.events_organization_2027_user_id_id_idx;

ALTER INDEX public.events_actor_id_id_idx ATTACH PARTITION public.events_organization_actor_id_id_idx;

ALTER INDEX public.events_tag_id_idx ATTACH PARTITION public.events_organization_hashtext_id_idx;

ALTER INDEX public.events_ip_id_idx ATTACH PARTITION public.events_organization_ip_id_idx;

ALTER INDEX public.events_on_behalf_of_id_id_idx ATTACH PARTITION public.events_organization_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_id_id_idx ATTACH PARTITION public.events_organization_organization_id_id_idx;

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_organization_pkey;

ALTER INDEX public.events_project_id_id_idx ATTACH PARTITION public.events_organization_project_id_id_idx;

ALTER INDEX public.events_user_id_id_idx ATTACH PARTITION public.events_organization_user_id_id_idx;

ALTER INDEX public.events_project_actor_id_id_idx ATTACH PARTITION public.events_project_2026_actor_id_id_idx;

ALTER INDEX public.events_project_hashtext_id_idx ATTACH PARTITION public.events_project_2026_hashtext_id_idx;

ALTER INDEX public.events_project_ip_id_idx ATTACH PARTITION public.events_project_2026_ip_id_idx;

ALTER INDEX public.events_project_on_behalf_of_id_id_idx ATTACH PARTITION public.events_project_2026_on_behalf_of_id_id_idx;

ALTER INDEX public.events_project_organization_id_id_idx ATTACH PARTITION public.events_project_2026_organization_id_id_idx;

ALTER INDEX public.events_project_pkey ATTACH PARTITION public.events_project_2026_pkey;

ALTER INDEX public.events_project_project_id_id_idx ATTACH PARTITION public.events_project_2026_project_id_id_idx;

ALTER INDEX public.events_project_user_id_id_idx ATTACH PARTITION public.events_project_2026_user_id_id_idx;

ALTER INDEX public.events_project_actor_id_id_idx ATTACH PARTITION public.events_project_2027_actor_id_id_idx;

ALTER INDEX public.events_project_hashtext_id_idx ATTACH PARTITION public.events_project_2027_hashtext_id_idx;

ALTER INDEX public.events_project_ip_id_idx ATTACH PARTITION public.events_project_2027_ip_id_idx;

ALTER INDEX public.events_project_on_behalf_of_id_id_idx ATTACH PARTITION public.events_project_2027_on_behalf_of_id_id_idx;

ALTER INDEX public.events_project_organization_id_id_idx ATTACH PARTITION public.events_project_2027_organization_id_id_idx;

ALTER INDEX public.events_project_pkey ATTACH PARTITION public.events_project_2027_pkey;

ALTER INDEX public.events_project_project_id_id_idx ATTACH PARTITION public.events_project_2027_project_id_id_idx;

ALTER INDEX public.events_project_user_id_id_idx ATTACH PARTITION public.events_project_2027_user_id_id_idx;

ALTER INDEX public.events_actor_id_id_idx ATTACH PARTITION public.events_project_actor_id_id_idx;

ALTER INDEX public.events_tag_id_idx ATTACH PARTITION public.events_project_hashtext_id_idx;

ALTER INDEX public.events_ip_id_idx ATTACH PARTITION public.events_project_ip_id_idx;

ALTER INDEX public.events_on_behalf_of_id_id_idx ATTACH PARTITION public.events_project_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_id_id_idx ATTACH PARTITION public.events_project_organization_id_id_idx;

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_project_pkey;

ALTER INDEX public.events_project_id_id_idx ATTACH PARTITION public.events_project_project_id_id_idx;

ALTER INDEX public.events_user_id_id_idx ATTACH PARTITION public.events_project_user_id_id_idx;

ALTER INDEX public.events_system_actor_id_id_idx ATTACH PARTITION public.events_system_2026_actor_id_id_idx;

ALTER INDEX public.events_system_hashtext_id_idx ATTACH PARTITION public.events_system_2026_hashtext_id_idx;

ALTER INDEX public.events_system_ip_id_idx ATTACH PARTITION public.events_system_2026_ip_id_idx;

ALTER INDEX public.events_system_on_behalf_of_id_id_idx ATTACH PARTITION public.events_system_2026_on_behalf_of_id_id_idx;

ALTER INDEX public.events_system_organization_id_id_idx ATTACH PARTITION public.events_system_2026_organization_id_id_idx;

ALTER INDEX public.events_system_pkey ATTACH PARTITION public.events_system_2026_pkey;

ALTER INDEX public.events_system_project_id_id_idx ATTACH PARTITION public.events_system_2026_project_id_id_idx;

ALTER INDEX public.events_system_user_id_id_idx ATTACH PARTITION public.events_system_2026_user_id_id_idx;

ALTER INDEX public.events_system_actor_id_id_idx ATTACH PARTITION public.events_system_2027_actor_id_id_idx;

ALTER INDEX public.events_system_hashtext_id_idx ATTACH PARTITION public.events_system_2027_hashtext_id_idx;

ALTER INDEX public.events_system_ip_id_idx ATTACH PARTITION public.events_system_2027_ip_id_idx;

ALTER INDEX public.events_system_on_behalf_of_id_id_idx ATTACH PARTITION public.events_system_2027_on_behalf_of_id_id_idx;

ALTER INDEX public.events_system_organization_id_id_idx ATTACH PARTITION public.events_system_2027_organization_id_id_idx;

ALTER INDEX public.events_system_pkey ATTACH PARTITION public.events_system_2027_pkey;

ALTER INDEX public.events_system_project_id_id_idx ATTACH PARTITION public.events_system_2027_project_id_id_idx;

ALTER INDEX public.events_system_user_id_id_idx ATTACH PARTITION public.events_system_2027_user_id_id_idx;

ALTER INDEX public.events_actor_id_id_idx ATTACH PARTITION public.events_system_actor_id_id_idx;

ALTER INDEX public.events_tag_id_idx ATTACH PARTITION public.events_system_hashtext_id_idx;

ALTER INDEX public.events_ip_id_idx ATTACH PARTITION public.events_system_ip_id_idx;

ALTER INDEX public.events_on_behalf_of_id_id_idx ATTACH PARTITION public.events_system_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_id_id_idx ATTACH PARTITION public.events_system_organization_id_id_idx;

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_system_pkey;

ALTER INDEX public.events_project_id_id_idx ATTACH PARTITION public.events_system_project_id_id_idx;

ALTER INDEX public.events_user_id_id_idx ATTACH PARTITION public.events_system_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2025_03_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2025_03_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2025_03_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2025_03_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2025_03_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2025_03_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2025_03_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2025_03_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2026_08_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2026_08_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2026_08_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2026_08_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2026_08_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2026_08_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2026_08_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2026_08_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2026_09_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2026_09_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2026_09_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2026_09_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2026_09_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2026_09_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2026_09_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2026_09_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2026_10_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2026_10_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2026_10_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2026_10_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2026_10_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2026_10_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2026_10_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2026_10_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2026_11_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2026_11_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2026_11_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2026_11_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2026_11_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2026_11_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2026_11_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2026_11_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2026_12_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2026_12_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2026_12_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2026_12_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2026_12_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2026_12_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2026_12_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2026_12_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2027_01_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2027_01_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2027_01_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2027_01_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2027_01_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2027_01_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2027_01_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2027_01_user_id_id_idx;

ALTER INDEX public.events_user_actor_id_id_idx ATTACH PARTITION public.events_user_2027_02_actor_id_id_idx;

ALTER INDEX public.events_user_hashtext_id_idx ATTACH PARTITION public.events_user_2027_02_hashtext_id_idx;

ALTER INDEX public.events_user_ip_id_idx ATTACH PARTITION public.events_user_2027_02_ip_id_idx;

ALTER INDEX public.events_user_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_2027_02_on_behalf_of_id_id_idx;

ALTER INDEX public.events_user_organization_id_id_idx ATTACH PARTITION public.events_user_2027_02_organization_id_id_idx;

ALTER INDEX public.events_user_pkey ATTACH PARTITION public.events_user_2027_02_pkey;

ALTER INDEX public.events_user_project_id_id_idx ATTACH PARTITION public.events_user_2027_02_project_id_id_idx;

ALTER INDEX public.events_user_user_id_id_idx ATTACH PARTITION public.events_user_2027_02_user_id_id_idx;

ALTER INDEX public.events_actor_id_id_idx ATTACH PARTITION public.events_user_actor_id_id_idx;

ALTER INDEX public.events_tag_id_idx ATTACH PARTITION public.events_user_hashtext_id_idx;

ALTER INDEX public.events_ip_id_idx ATTACH PARTITION public.events_user_ip_id_idx;

ALTER INDEX public.events_on_behalf_of_id_id_idx ATTACH PARTITION public.events_user_on_behalf_of_id_id_idx;

ALTER INDEX public.events_organization_id_id_idx ATTACH PARTITION public.events_user_organization_id_id_idx;

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_user_pkey;

ALTER INDEX public.events_project_id_id_idx ATTACH PARTITION public.events_user_project_id_id_idx;

ALTER INDEX public.events_user_id_id_idx ATTACH PARTITION public.events_user_user_id_id_idx;

