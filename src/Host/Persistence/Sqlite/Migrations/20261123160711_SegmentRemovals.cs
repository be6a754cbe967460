using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FeatureFlags.Host.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class SegmentRemovals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "segments_removals",
                columns: table => new
                {
                    tenant = table.Column<string>(type: "TEXT", nullable: false),
                    environment = table.Column<string>(type: "TEXT", nullable: false),
                    segment_key = table.Column<string>(type: "TEXT", nullable: false),
                    position = table.Column<long>(type: "INTEGER", nullable: false),
                    list = table.Column<int>(type: "INTEGER", nullable: false),
                    member = table.Column<string>(type: "TEXT", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey(
                        "pk_segments_removals",
                        x => new
                        {
                            x.tenant,
                            x.environment,
                            x.segment_key,
                            x.position,
                        }
                    );
                    table.ForeignKey(
                        name: "fk_segments_removals_segments_segments_tenant_environment_segment_key",
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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "segments_removals");
        }
    }
}
