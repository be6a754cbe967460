using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FeatureFlags.Host.Persistence.Sqlite.Migrations
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
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    body = table.Column<string>(type: "TEXT", nullable: false),
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
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    url = table.Column<string>(type: "TEXT", nullable: false),
                    event_types = table.Column<string>(type: "TEXT", nullable: false),
                    description = table.Column<string>(type: "TEXT", nullable: false),
                    active = table.Column<bool>(type: "INTEGER", nullable: false),
                    disabled_reason = table.Column<string>(type: "TEXT", nullable: true),
                    secret = table.Column<string>(type: "TEXT", nullable: false),
                    previous_secret = table.Column<string>(type: "TEXT", nullable: true),
                    previous_secret_until = table.Column<long>(type: "INTEGER", nullable: true),
                    version = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    deleted_at = table.Column<long>(type: "INTEGER", nullable: true),
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
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    due_at = table.Column<long>(type: "INTEGER", nullable: false),
                    paused_until = table.Column<long>(type: "INTEGER", nullable: false),
                    signals = table.Column<long>(type: "INTEGER", nullable: false),
                    leased_at = table.Column<long>(type: "INTEGER", nullable: false),
                    lease_token = table.Column<string>(type: "TEXT", nullable: true),
                    lease_until = table.Column<long>(type: "INTEGER", nullable: true),
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
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    webhook_id = table.Column<string>(type: "TEXT", nullable: false),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    type = table.Column<string>(type: "TEXT", nullable: false),
                    entity = table.Column<string>(type: "TEXT", nullable: false),
                    entity_key = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_attempt_at = table.Column<long>(type: "INTEGER", nullable: false),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
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
                    delivery_id = table.Column<string>(type: "TEXT", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: false),
                    duration_ms = table.Column<long>(type: "INTEGER", nullable: false),
                    status = table.Column<int>(type: "INTEGER", nullable: true),
                    error = table.Column<string>(type: "TEXT", nullable: true),
                    response = table.Column<string>(type: "TEXT", nullable: true),
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
