using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FeatureFlags.Host.Persistence.Sqlite.Migrations
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
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    scope = table.Column<string>(type: "TEXT", nullable: false),
                    active = table.Column<bool>(type: "INTEGER", nullable: false),
                    secret_hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    version = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    deleted_at = table.Column<long>(type: "INTEGER", nullable: true),
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
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    secret = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
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
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    ts = table.Column<long>(type: "INTEGER", nullable: false),
                    actor = table.Column<string>(type: "TEXT", nullable: false),
                    entity = table.Column<string>(type: "TEXT", nullable: false),
                    entity_key = table.Column<string>(type: "TEXT", nullable: false),
                    action = table.Column<string>(type: "TEXT", nullable: false),
                    version = table.Column<long>(type: "INTEGER", nullable: false),
                    request_id = table.Column<string>(type: "TEXT", nullable: true),
                    before = table.Column<string>(type: "TEXT", nullable: true),
                    after = table.Column<string>(type: "TEXT", nullable: true),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    on = table.Column<bool>(type: "INTEGER", nullable: false),
                    search = table.Column<string>(type: "TEXT", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    version = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    deleted_at = table.Column<long>(type: "INTEGER", nullable: true),
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
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    subscriber = table.Column<string>(type: "TEXT", nullable: false),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    entity = table.Column<string>(type: "TEXT", nullable: false),
                    entity_key = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    died_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_error = table.Column<string>(type: "TEXT", nullable: false),
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
                    subscriber = table.Column<string>(type: "TEXT", nullable: false),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    entity = table.Column<string>(type: "TEXT", nullable: false),
                    entity_key = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_attempt_at = table.Column<long>(type: "INTEGER", nullable: false),
                    lease_until = table.Column<long>(type: "INTEGER", nullable: true),
                    lease_token = table.Column<string>(type: "TEXT", nullable: true),
                    last_error = table.Column<string>(type: "TEXT", nullable: true),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    type = table.Column<string>(type: "TEXT", nullable: false),
                    entity = table.Column<string>(type: "TEXT", nullable: false),
                    action = table.Column<string>(type: "TEXT", nullable: false),
                    entity_key = table.Column<string>(type: "TEXT", nullable: false),
                    entity_version = table.Column<long>(type: "INTEGER", nullable: false),
                    actor = table.Column<string>(type: "TEXT", nullable: false),
                    request_id = table.Column<string>(type: "TEXT", nullable: true),
                    occurred_at = table.Column<long>(type: "INTEGER", nullable: false),
                    before = table.Column<string>(type: "TEXT", nullable: true),
                    after = table.Column<string>(type: "TEXT", nullable: true),
                    trace_parent = table.Column<string>(type: "TEXT", nullable: true),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    min_revision = table.Column<long>(type: "INTEGER", nullable: false),
                    head_event_id = table.Column<string>(type: "TEXT", nullable: false),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    search = table.Column<string>(type: "TEXT", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    included_count = table.Column<int>(type: "INTEGER", nullable: false),
                    excluded_count = table.Column<int>(type: "INTEGER", nullable: false),
                    next_position = table.Column<long>(type: "INTEGER", nullable: false),
                    version = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    deleted_at = table.Column<long>(type: "INTEGER", nullable: true),
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
                    client_id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    flag_key = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<int>(type: "INTEGER", nullable: false),
                    target_key = table.Column<string>(type: "TEXT", nullable: false),
                    variant = table.Column<string>(type: "TEXT", nullable: false),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    flag_key = table.Column<string>(type: "TEXT", nullable: false),
                    tag = table.Column<string>(type: "TEXT", nullable: false),
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    segment_key = table.Column<string>(type: "TEXT", nullable: false),
                    list = table.Column<int>(type: "INTEGER", nullable: false),
                    member = table.Column<string>(type: "TEXT", nullable: false),
                    position = table.Column<long>(type: "INTEGER", nullable: false),
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
                        name: "fk_segments_members_segments_segments_tenant_environment_segment_key",
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
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    segment_key = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<int>(type: "INTEGER", nullable: false),
                    target_key = table.Column<string>(type: "TEXT", nullable: false),
                    variant = table.Column<string>(type: "TEXT", nullable: false),
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
                        name: "fk_segments_references_segments_segments_tenant_environment_segment_key",
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
                name: "ix_segments_members_tenant_environment_segment_key_list_position",
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
