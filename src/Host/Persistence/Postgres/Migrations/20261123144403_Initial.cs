using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FeatureFlags.Host.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "access_clients",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    scope = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    secret_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    deleted_at = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_clients", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "access_signing_keys",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_signing_keys", x => x.name);
                }
            );

            migrationBuilder.CreateTable(
                name: "audit_entries",
                columns: table => new
                {
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    ts = table.Column<long>(type: "bigint", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    action = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    request_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    before = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    after = table.Column<string>(type: "text", nullable: true, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => x.event_id);
                }
            );

            migrationBuilder.CreateTable(
                name: "flags_flags",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    on = table.Column<bool>(type: "boolean", nullable: false),
                    search = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    document = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    deleted_at = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_flags_flags",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.key,
                        }
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "outbox_dead_letters",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    subscriber = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    entity = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    died_at = table.Column<long>(type: "bigint", nullable: false),
                    last_error = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox_dead_letters", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "outbox_deliveries",
                columns: table => new
                {
                    subscriber = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    entity = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_attempt_at = table.Column<long>(type: "bigint", nullable: false),
                    lease_until = table.Column<long>(type: "bigint", nullable: true),
                    lease_token = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    last_error = table.Column<string>(type: "text", nullable: true, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox_deliveries", x => new { x.event_id, x.subscriber });
                }
            );

            migrationBuilder.CreateTable(
                name: "outbox_messages",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    action = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_version = table.Column<long>(type: "bigint", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    request_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    occurred_at = table.Column<long>(type: "bigint", nullable: false),
                    before = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    after = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    trace_parent = table.Column<string>(type: "text", nullable: true, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_outbox_messages",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.revision,
                        }
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "outbox_revisions",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    min_revision = table.Column<long>(type: "bigint", nullable: false),
                    head_event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox_revisions", x => new { x.tenant, x.environment });
                }
            );

            migrationBuilder.CreateTable(
                name: "segments_segments",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    search = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    document = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    included_count = table.Column<int>(type: "integer", nullable: false),
                    excluded_count = table.Column<int>(type: "integer", nullable: false),
                    next_position = table.Column<long>(type: "bigint", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    deleted_at = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_segments_segments",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.key,
                        }
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "access_client_tenants",
                columns: table => new
                {
                    client_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_client_tenants", x => new { x.client_id, x.tenant });
                    table.ForeignKey(
                        name: "fk_access_client_tenants_access_clients_client_id",
                        column: x => x.client_id,
                        principalTable: "access_clients",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "flags_references",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    flag_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    kind = table.Column<int>(type: "integer", nullable: false),
                    target_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    variant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_flags_references",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.flag_key,
                            x.kind,
                            x.target_key,
                            x.variant,
                        }
                    );
                    table.ForeignKey(
                        name: "fk_flags_references_flags_flags_tenant_environment_flag_key",
                        columns: x => new
                        {
                            x.tenant,
                            x.environment,
                            x.flag_key,
                        },
                        principalTable: "flags_flags",
                        principalColumns: new[] { "tenant", "environment", "key" },
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "flags_tags",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    flag_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tag = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_flags_tags",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.flag_key,
                            x.tag,
                        }
                    );
                    table.ForeignKey(
                        name: "fk_flags_tags_flags_flags_tenant_environment_flag_key",
                        columns: x => new
                        {
                            x.tenant,
                            x.environment,
                            x.flag_key,
                        },
                        principalTable: "flags_flags",
                        principalColumns: new[] { "tenant", "environment", "key" },
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "segments_members",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    segment_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    list = table.Column<int>(type: "integer", nullable: false),
                    member = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    position = table.Column<long>(type: "bigint", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_segments_members",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.segment_key,
                            x.list,
                            x.member,
                        }
                    );
                    table.ForeignKey(
                        name: "fk_segments_members_segments_segments_tenant_environment_segme",
                        columns: x => new
                        {
                            x.tenant,
                            x.environment,
                            x.segment_key,
                        },
                        principalTable: "segments_segments",
                        principalColumns: new[] { "tenant", "environment", "key" },
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "segments_references",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    segment_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    kind = table.Column<int>(type: "integer", nullable: false),
                    target_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    variant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_segments_references",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.segment_key,
                            x.kind,
                            x.target_key,
                            x.variant,
                        }
                    );
                    table.ForeignKey(
                        name: "fk_segments_references_segments_segments_tenant_environment_se",
                        columns: x => new
                        {
                            x.tenant,
                            x.environment,
                            x.segment_key,
                        },
                        principalTable: "segments_segments",
                        principalColumns: new[] { "tenant", "environment", "key" },
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateIndex(
                name: "ix_access_client_tenants_tenant_client_id",
                table: "access_client_tenants",
                columns: new[] { "tenant", "client_id" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_tenant_environment_actor_ts_revision",
                table: "audit_entries",
                columns: new[] { "tenant", "environment", "actor", "ts", "revision" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_tenant_environment_entity_key_ts_revision",
                table: "audit_entries",
                columns: new[] { "tenant", "environment", "entity_key", "ts", "revision" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_tenant_environment_ts_revision",
                table: "audit_entries",
                columns: new[] { "tenant", "environment", "ts", "revision" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_flags_flags_tenant_environment_created_at_key",
                table: "flags_flags",
                columns: new[] { "tenant", "environment", "created_at", "key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_flags_flags_tenant_environment_updated_at_key",
                table: "flags_flags",
                columns: new[] { "tenant", "environment", "updated_at", "key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_flags_references_tenant_environment_kind_target_key",
                table: "flags_references",
                columns: new[] { "tenant", "environment", "kind", "target_key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_flags_tags_tenant_environment_tag_flag_key",
                table: "flags_tags",
                columns: new[] { "tenant", "environment", "tag", "flag_key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_dead_letters_event_id",
                table: "outbox_dead_letters",
                column: "event_id"
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_dead_letters_tenant_environment_id",
                table: "outbox_dead_letters",
                columns: new[] { "tenant", "environment", "id" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_deliveries_lease_token",
                table: "outbox_deliveries",
                column: "lease_token"
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_deliveries_order",
                table: "outbox_deliveries",
                columns: new[] { "subscriber", "tenant", "environment", "entity", "entity_key", "revision" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_deliveries_subscriber_next_attempt_at_event_id",
                table: "outbox_deliveries",
                columns: new[] { "subscriber", "next_attempt_at", "event_id" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_messages_event_id",
                table: "outbox_messages",
                column: "event_id",
                unique: true
            );

            migrationBuilder.CreateIndex(
                name: "ix_segments_members_tenant_environment_segment_key_list_positi",
                table: "segments_members",
                columns: new[] { "tenant", "environment", "segment_key", "list", "position" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_segments_references_tenant_environment_kind_target_key",
                table: "segments_references",
                columns: new[] { "tenant", "environment", "kind", "target_key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_segments_segments_tenant_environment_created_at_key",
                table: "segments_segments",
                columns: new[] { "tenant", "environment", "created_at", "key" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_segments_segments_tenant_environment_updated_at_key",
                table: "segments_segments",
                columns: new[] { "tenant", "environment", "updated_at", "key" }
            );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "access_client_tenants");

            migrationBuilder.DropTable(name: "access_signing_keys");

            migrationBuilder.DropTable(name: "audit_entries");

            migrationBuilder.DropTable(name: "flags_references");

            migrationBuilder.DropTable(name: "flags_tags");

            migrationBuilder.DropTable(name: "outbox_dead_letters");

            migrationBuilder.DropTable(name: "outbox_deliveries");

            migrationBuilder.DropTable(name: "outbox_messages");

            migrationBuilder.DropTable(name: "outbox_revisions");

            migrationBuilder.DropTable(name: "segments_members");

            migrationBuilder.DropTable(name: "segments_references");

            migrationBuilder.DropTable(name: "access_clients");

            migrationBuilder.DropTable(name: "flags_flags");

            migrationBuilder.DropTable(name: "segments_segments");
        }
    }
}
