package catalog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// lexemes are what confuses scanners most, and enough sound SQL to make
// expressions of.
var lexemes = []string{
	"'", "'", "''", "'a'", "E'", "e'", "E'a\\'b'", "U&'", "N'", "B'1'", "x'1f'", "n", "E", "\\", "\\'", "\\\\",
	"\n", "\r", "\t", " ", " ", "\n", "--", "-- c\n", "/*", "*/", "/* c */", "-", "*", "/",
	"$", "$$", "$a$", "$ä$", "$1", "a$1", "1$", "\"", "\"\"", "\"a\"", ";", ",", "(", ")", "[", "]", "(", ")",
	"a", "ä", "1", "1e5", ".5", "0x1", "0b1", "1_0", ".", "||", "||", " || ", "+", "::text", "::", ":", "=", " and ", " as b", "array[", "null", " from ", "select ",
}

// TestPostgreSQLReadsAcceptedFragmentsAsOneExpression embeds random text that
// is accepted between other columns, and lets a real server take the statement
// apart. It must find the columns on both sides and nothing to bind; or, as
// most of the texts are no sense, an error that lies inside the fragment.
func TestPostgreSQLReadsAcceptedFragmentsAsOneExpression(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		conn, err := pgx.Connect(t.Context(), server.Database(t))
		require.NoError(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		_, err = conn.Exec(t.Context(), "set lc_messages = 'C'")
		require.NoError(t, err)

		random := rand.New(rand.NewPCG(1, 2))
		accepted, understood := 0, 0
		for range 60_000 {
			var b strings.Builder
			for range 1 + random.IntN(9) {
				b.WriteString(lexemes[random.IntN(len(lexemes))])
			}
			fragment := b.String()
			if checkFragment(fragment) != nil {
				continue
			}
			accepted++
			before := "select 'first' as first, (\n" + fragment + "\n"
			statement, err := conn.PgConn().Prepare(t.Context(), "", before+") as value, 'last' as last from (select 1 as a, 2 as n) as t", nil)
			if err == nil {
				understood++
				require.Empty(t, statement.ParamOIDs, "%q", fragment)
				require.Equal(t, "first value last", columnNames(statement.Fields), "%q", fragment)
				continue
			}
			var pgErr *pgconn.PgError
			require.ErrorAs(t, err, &pgErr, "%q", fragment)
			require.NotContains(t, pgErr.Message, "unterminated", "%q", fragment)
			require.NotContains(t, pgErr.Message, "multiple commands", "%q", fragment)
			// An error may point at the closing parenthesis, where something was
			// still expected, but not behind it.
			require.LessOrEqual(t, int(pgErr.Position), utf8.RuneCountInString(before)+1, "%q: %v", fragment, err)
		}
		t.Logf("%d accepted, of which the server understood %d", accepted, understood)
		assert.Greater(t, accepted, 5000)
		assert.Greater(t, understood, 500)
	})
}

// TestSoundFragmentsMeanToPostgreSQLWhatTheyLookLike checks that such examples
// are what they look like: SQL.
func TestSoundFragmentsMeanToPostgreSQLWhatTheyLookLike(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		conn, err := pgx.Connect(t.Context(), server.Database(t))
		require.NoError(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		for fragment, want := range map[string]string{
			`'a\' || 'b;'`:                  `a\b;`,
			`E'it\'s; ('`:                   `it's; (`,
			"E'a' -- c\n -- d\n '\\'; '":    `a'; `,
			`'a' -- c` + "\n" + `'\'`:       `a\`,
			"$$a; ' \" ($1$$":               `a; ' " ($1`,
			"$tag$a $$; $tag $tagg$ $tag$":  "a $$; $tag $tagg$ ",
			`U&'d\0061t;'`:                  "dat;",
			"1 /* /* ; */ ' */ + 1 -- end":  "2",
			"(array['x', 'y;'])[2]":         "y;",
			`'it''s; $1 -- (here'`:          "it's; $1 -- (here",
			"case when true then 'a;' end ": "a;",
		} {
			require.NoError(t, checkFragment(fragment), fragment)
			var got string
			err := conn.QueryRow(t.Context(), fmt.Sprintf("select (\n%s\n)::text", fragment)).Scan(&got)
			require.NoError(t, err, fragment)
			assert.Equal(t, want, got, fragment)
		}
	})
}

func columnNames(fields []pgconn.FieldDescription) string {
	var names []string
	for _, field := range fields {
		names = append(names, field.Name)
	}
	return strings.Join(names, " ")
}
