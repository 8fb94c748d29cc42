package settings

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/pullview/orders-datasource/pkg/message"
)

const defaultPort = 5432

// address reads the url: host, host:port, [IPv6]:port, or an IPv6 address
// alone. Messages repeat the url only where it cannot hold a password.
func (l *loader) address() (host string, port uint16) {
	url := strings.TrimSpace(l.source.URL)
	fail := func(format string, args ...any) (string, uint16) {
		l.problem("url", "%s; write host or host:port, such as db.example.com:5432 or [2001:db8::1]:5432", message.New(format, args...))
		return "", 0
	}
	switch {
	case url == "":
		return fail("is missing")
	case strings.Contains(url, "://"), strings.Contains(url, "@"):
		return fail("is a whole URL; user, password and database have settings of their own")
	case strings.HasPrefix(url, "/"):
		return fail("%s is a Unix socket; the plugin does not touch the server's files and connects over TCP only", quote(url))
	case strings.Contains(url, ","):
		return fail("%s names several hosts; a data source reads one server", quote(url))
	}

	rest := ""
	if address, err := netip.ParseAddr(url); err == nil {
		return address.String(), defaultPort
	}
	if inner, ok := strings.CutPrefix(url, "["); ok {
		host, rest, ok = strings.Cut(inner, "]")
		if address, err := netip.ParseAddr(host); !ok || err != nil || !address.Is6() {
			return fail("%s has no IPv6 address between its brackets", quote(url))
		}
	} else {
		end := strings.IndexByte(url, ':')
		if end < 0 {
			end = len(url)
		}
		host, rest = url[:end], url[end:]
		if host == "" || strings.ContainsFunc(host, notInHost) {
			return fail("%s is no host name", quote(host))
		}
	}
	if rest == "" {
		return host, defaultPort
	}
	digits, ok := strings.CutPrefix(rest, ":")
	number, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil || number == 0 {
		return fail("%s is no port", quote(strings.TrimPrefix(rest, ":")))
	}
	return host, uint16(number)
}

func notInHost(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
}
