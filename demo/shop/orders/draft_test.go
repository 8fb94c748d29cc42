package orders

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDraftIsReadFromAnOrderObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want Draft
	}{
		"items default to one": {
			`{"customer_id": 7, "channel": "web", "region": "SP", "total": 129.9}`,
			Draft{CustomerID: 7, Channel: "web", Region: "SP", Items: 1, Total: 12990},
		},
		"the total may be a string": {
			`{"customer_id": 7, "channel": "store", "region": "DF", "total": "0.01", "items": 3}` + "\n",
			Draft{CustomerID: 7, Channel: "store", Region: "DF", Items: 3, Total: 1},
		},
	} {
		got, err := ReadDraft(strings.NewReader(c.body))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
}

func TestEveryFieldThatIsWrongIsReported(t *testing.T) {
	t.Parallel()
	_, err := ReadDraft(strings.NewReader(`{"customer_id": 0, "channel": "fax", "region": null, "total": -3, "items": 1.5, "coupon": 1, "a": 2}`))
	invalid := new(Invalid)
	require.ErrorAs(t, err, &invalid)
	names := make([]string, len(invalid.Problems))
	for i, p := range invalid.Problems {
		names[i] = p.Field
		assert.NotEmpty(t, p.Reason)
	}
	assert.Equal(t, []string{"customer_id", "channel", "region", "items", "total", "a", "coupon"}, names)
}

func TestEachFieldSaysWhatItExpects(t *testing.T) {
	t.Parallel()
	valid := map[string]string{"customer_id": "7", "channel": `"web"`, "region": `"SP"`, "total": "10", "items": "1"}
	for _, c := range []struct{ field, value, reason string }{
		{"customer_id", "", "is missing"},
		{"customer_id", "-1", "whole number from 1"},
		{"customer_id", `"7"`, "whole number from 1"},
		{"customer_id", "9223372036854775808", "whole number from 1"},
		{"channel", "", "is missing"},
		{"channel", `"Web"`, "one of web, app, store"},
		{"channel", `["web"]`, "one of web, app, store"},
		{"region", `"XX"`, "one of AC, AL,"},
		{"region", `"sp"`, "one of AC, AL,"},
		{"items", "0", "from 1 to 10000"},
		{"items", "10001", "from 1 to 10000"},
		{"items", "null", "from 1 to 10000"},
		{"total", "", "is missing"},
		{"total", "0", "more than 0"},
		{"total", `"0.00"`, "more than 0"},
		{"total", "true", "plain decimal"},
		{"total", `"1.5 "`, "plain decimal"},
		{"total", "1e2", "plain decimal"},
		{"total", "10.001", "two decimals"},
		{"total", "10000000000", "at most 9999999999.99"},
	} {
		members := []string{}
		for name, value := range valid {
			if name == c.field {
				value = c.value
			}
			if value != "" {
				members = append(members, `"`+name+`":`+value)
			}
		}
		_, err := ReadDraft(strings.NewReader("{" + strings.Join(members, ",") + "}"))
		invalid := new(Invalid)
		if assert.ErrorAs(t, err, &invalid, "%s %s", c.field, c.value) && assert.Len(t, invalid.Problems, 1, "%s %s", c.field, c.value) {
			assert.Equal(t, c.field, invalid.Problems[0].Field)
			assert.Contains(t, invalid.Problems[0].Reason, c.reason)
		}
	}
}

func TestTextThatIsNoSingleObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", `"order"`, "{", `{"a":1}{"a":2}`, `{"a":1} x`, "{'a':1}"} {
		_, err := ReadDraft(strings.NewReader(body))
		require.Error(t, err, "%q", body)
		assert.NotErrorAs(t, err, new(*Invalid), "%q", body)
	}
}
