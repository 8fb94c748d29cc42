// Package embedpg runs PostgreSQL servers that belong to this process, for tests, the demo and benchmarks.
//
// A server is a fresh cluster in a temporary directory, listening on a free port of the loopback interface only. Its
// superuser is postgres with a random password, and every connection authenticates with SCRAM, so that a wrong password
// fails here as it does in production. Where this process is root the server runs as an unprivileged account, since
// PostgreSQL refuses to be root. The server dies with its owner, however the owner ends, and its directory with it.
//
// In tests, Main, Database and Each share one server per PostgreSQL version and test binary:
//
//	func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }
//
//	func TestOrdersAreCounted(t *testing.T) {
//		t.Parallel()
//		embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
//			conn, err := pgx.Connect(t.Context(), server.Database(t))
//			…
//		})
//	}
//
// A test that stops, kills or reconfigures a server starts its own with StartForTest.
package embedpg
