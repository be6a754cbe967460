using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FeatureFlags.Host.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Webhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "changefeed_events",
                columns: table => new
                {
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    body = table.Column<string>(type: "text", nullable: false, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_changefeed_events", x => x.event_id);
                }
            );

            migrationBuilder.CreateTable(
                name: "changefeed_webhooks",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    url = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    event_types = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    disabled_reason = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    secret = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    previous_secret = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    previous_secret_until = table.Column<long>(type: "bigint", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    deleted_at = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_changefeed_webhooks", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "outbox_work",
                columns: table => new
                {
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    due_at = table.Column<long>(type: "bigint", nullable: false),
                    paused_until = table.Column<long>(type: "bigint", nullable: false),
                    signals = table.Column<long>(type: "bigint", nullable: false),
                    leased_at = table.Column<long>(type: "bigint", nullable: false),
                    lease_token = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    lease_until = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox_work", x => new { x.kind, x.id });
                }
            );

            migrationBuilder.CreateTable(
                name: "changefeed_deliveries",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    webhook_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    event_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    entity_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_attempt_at = table.Column<long>(type: "bigint", nullable: false),
                    finished_at = table.Column<long>(type: "bigint", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_changefeed_deliveries", x => x.id);
                    table.ForeignKey(
                        name: "fk_changefeed_deliveries_changefeed_events_event_id",
                        column: x => x.event_id,
                        principalTable: "changefeed_events",
                        principalColumn: "event_id",
                        onDelete: ReferentialAction.Restrict
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "changefeed_attempts",
                columns: table => new
                {
                    delivery_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    number = table.Column<int>(type: "integer", nullable: false),
                    tenant = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    environment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    started_at = table.Column<long>(type: "bigint", nullable: false),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    response = table.Column<string>(type: "text", nullable: true, collation: "C"),
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_changefeed_attempts", x => new { x.delivery_id, x.number });
                    table.ForeignKey(
                        name: "fk_changefeed_attempts_changefeed_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalTable: "changefeed_deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade
                    );
                }
            );

            migrationBuilder.CreateIndex(
                name: "ix_changefeed_deliveries_due",
                table: "changefeed_deliveries",
                columns: new[] { "webhook_id", "next_attempt_at", "revision" },
                filter: "state = 'Pending'"
            );

            migrationBuilder.CreateIndex(
                name: "ix_changefeed_deliveries_event_id",
                table: "changefeed_deliveries",
                column: "event_id"
            );

            migrationBuilder.CreateIndex(
                name: "ix_changefeed_deliveries_order",
                table: "changefeed_deliveries",
                columns: new[] { "webhook_id", "entity", "entity_key", "revision" },
                filter: "state = 'Pending'"
            );

            migrationBuilder.CreateIndex(
                name: "ix_changefeed_deliveries_webhook_id_id",
                table: "changefeed_deliveries",
                columns: new[] { "webhook_id", "id" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_changefeed_webhooks_tenant_environment_id",
                table: "changefeed_webhooks",
                columns: new[] { "tenant", "environment", "id" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_work_kind_due_at",
                table: "outbox_work",
                columns: new[] { "kind", "due_at" }
            );

            migrationBuilder.CreateIndex(
                name: "ix_outbox_work_lease_token",
                table: "outbox_work",
                column: "lease_token"
            );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "changefeed_attempts");

            migrationBuilder.DropTable(name: "changefeed_webhooks");

            migrationBuilder.DropTable(name: "outbox_work");

            migrationBuilder.DropTable(name: "changefeed_deliveries");

            migrationBuilder.DropTable(name: "changefeed_events");
        }
    }
}
