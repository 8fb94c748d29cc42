package postgres

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

// parsed are the classes whose values are checked before the server sees them.
var parsed = map[string]*typeClass{
	"text": classText, "uuid": classUUID, "boolean": classBool, "bigint": classInt, "numeric": classNumeric,
	"date": classDate, "timestamp": classTimestamp, "timestamptz": classTimestamptz,
}

func TestUsualSpellingsAreAccepted(t *testing.T) {
	t.Parallel()
	for class, texts := range map[string]map[string]string{
		"bigint":  {"7": "7", " -7 ": "-7", "+7": "7", "007": "7", "-9223372036854775808": "-9223372036854775808"},
		"numeric": {"1.50": "1.50", "-.5": "-0.5", "NaN": "NaN", "-infinity": "-Infinity", " 7 ": "7"},
		"boolean": {"TRUE": "true", "f": "false"},
		"uuid":    {"{6F1E6C0A-52D3-4F0E-9D3B-0D6C3F1F7A11}": "{6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11}", "6f1e6c0a52d34f0e9d3b0d6c3f1f7a11": "6f1e6c0a52d34f0e9d3b0d6c3f1f7a11"},
		"date":    {"2024-02-29": "2024-02-29", "Infinity": "infinity", "0001-01-01 BC": "0001-01-01 BC"},
		"timestamp": {"2024-02-29": "2024-02-29", "2024-02-29T12:30": "2024-02-29T12:30", "2024-02-29 12:30:00.5": "2024-02-29 12:30:00.5",
			"-infinity": "-infinity"},
		"timestamptz": {"2024-02-29T12:30:00Z": "2024-02-29T12:30:00Z", "2024-02-29 12:30:00-03": "2024-02-29 12:30:00-03",
			"2024-02-29 12:30:00+05:30": "2024-02-29 12:30:00+05:30", "2024-02-29 12:30": "2024-02-29 12:30 America/Sao_Paulo",
			"0044-03-15 12:00 BC": "0044-03-15 12:00 America/Sao_Paulo BC"},
	} {
		for text, want := range texts {
			got, err := parsed[class].parse(text, "America/Sao_Paulo")
			require.NoError(t, err, "%s %q", class, text)
			require.Equal(t, want, got, "%s %q", class, text)
		}
	}
}

// Nothing that passes the parsers may fail on the server, where it would be
// told as a failure of the database.
func TestTheServerAcceptsWhatTheParsersAccept(t *testing.T) {
	t.Parallel()
	embedpg.Each(t, func(t *testing.T, server *embedpg.Server) {
		f := setUp(t, server, "", emptyCatalog)
		conn := f.connect(t).PgConn()
		random := rand.New(rand.NewPCG(3, 4))
		seeds := []string{
			"2026-03-01", "2026-03-01 12:30:45.123456", "2026-03-01T12:30:45Z", "2026-03-01 12:30:45-03", "294275-12-31 23:59:59.999999999+00",
			"4712-01-01 00:00:00 BC", "5874896-12-31", "2024-02-29T23:59-15:59:59", "6f1e6c0a-52d3-4f0e-9d3b-0d6c3f1f7a11",
			"{6f1e6c0a52d34f0e9d3b0d6c3f1f7a11}", "-9223372036854775808", "12345.6789", "-.5", "5.", "NaN", "Infinity", "true", "f", "web",
		}
		const signs = "0123456789-+:. TZBCabcdef{}"
		accepted := 0
		for i := range 10_000 {
			text := []byte(seeds[i%len(seeds)])
			for range random.IntN(4) {
				at := random.IntN(len(text))
				switch random.IntN(3) {
				case 0:
					text[at] = signs[random.IntN(len(signs))]
				case 1:
					text = append(text[:at], append([]byte{signs[random.IntN(len(signs))]}, text[at:]...)...)
				case 2:
					if len(text) > 1 {
						text = append(text[:at], text[at+1:]...)
					}
				}
			}
			for name, class := range parsed {
				value, err := class.parse(string(text), "America/Sao_Paulo")
				if err != nil {
					continue
				}
				accepted++
				_, err = conn.ExecParams(t.Context(), "SELECT $1", [][]byte{[]byte(value)}, []uint32{class.bind}, nil, nil).Close()
				assert.NoError(t, err, "%s %q", name, text)
			}
		}
		require.Greater(t, accepted, 7_000)
	})
}

func TestListsKeepTheirElements(t *testing.T) {
	t.Parallel()
	f := setUp(t, embedpg.Shared(t), "", emptyCatalog)
	s := &statement{}
	s.write("SELECT unnest(", s.bindTexts(classText.bindArray, hostile), ")")
	values, oids, formats := s.values()
	result := f.connect(t).PgConn().ExecParams(t.Context(), s.text.String(), values, oids, formats, nil).Read()
	require.NoError(t, result.Err)
	var got []string
	for _, row := range result.Rows {
		got = append(got, string(row[0]))
	}
	require.Equal(t, strings.Join(hostile, "|"), strings.Join(got, "|"))
}
