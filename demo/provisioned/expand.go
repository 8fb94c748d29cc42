package provisioned

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Variables looks a variable of the environment up; it returns "" for one that is not set. os.Getenv is one.
type Variables func(name string) string

// expander matches $__env{NAME}, $__file{PATH} and what other expanders of Grafana there may be.
var expander = regexp.MustCompile(`\$__(\w+)\{([^}]+)\}`)

// Expand replaces $NAME, ${NAME} and $__env{NAME} in a value of a provisioning file as Grafana does: what is
// not set is empty, and $$ is a dollar sign. Grafana's other expanders are errors.
func Expand(value string, variables Variables) (string, error) {
	parts := strings.Split(value, "$$")
	for i, part := range parts {
		var failed error
		part = expander.ReplaceAllStringFunc(part, func(match string) string {
			groups := expander.FindStringSubmatch(match)
			if groups[1] != "env" {
				failed = fmt.Errorf("%s is not understood here; use an environment variable", match)
			}
			return variables(groups[2])
		})
		if failed != nil {
			return "", failed
		}
		parts[i] = os.Expand(part, variables)
	}
	return strings.Join(parts, "$"), nil
}

// expandAll expands every string in a value that was decoded from YAML, but no key of a map. A string that
// changes and then reads as a number or a truth value becomes one, as in Grafana's jsonData.
func expandAll(value any, variables Variables) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		expanded := make(map[string]any, len(v))
		for key, element := range v {
			e, err := expandAll(element, variables)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			expanded[key] = e
		}
		return expanded, nil
	case []any:
		expanded := make([]any, len(v))
		for i, element := range v {
			e, err := expandAll(element, variables)
			if err != nil {
				return nil, err
			}
			expanded[i] = e
		}
		return expanded, nil
	case string:
		text, err := Expand(v, variables)
		if err != nil || text == v || strings.Contains(v, "$$") {
			return text, err
		}
		return typed(text), nil
	default:
		return v, nil
	}
}

func typed(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return text
}
