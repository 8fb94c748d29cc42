package release

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var markdownLink = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)[^)]*\)`)

// checkReadme looks at the page that the catalogue shows of the plugin.
func checkReadme(dist string) (problems []string) {
	text, err := os.ReadFile(filepath.Join(dist, "README.md"))
	if err != nil {
		return nil // which checkFiles reports
	}
	if bytes.Contains(text, []byte("<!--")) {
		problems = append(problems, "README.md holds a comment, which the catalogue shows")
	}
	for _, word := range []string{"yarn", "nodejs", "Plugin Template"} {
		if bytes.Contains(text, []byte(word)) {
			problems = append(problems, fmt.Sprintf("README.md speaks of %q, which is not for the users of a plugin", word))
		}
	}
	for _, link := range markdownLink.FindAllSubmatch(text, -1) {
		target := string(link[1])
		if !strings.HasPrefix(target, "#") && !strings.HasPrefix(target, "https://") {
			problems = append(problems, fmt.Sprintf("README.md links to %s, which the catalogue cannot resolve", target))
		}
	}
	return problems
}

// checkSVG refuses pictures that could run something in a browser.
func checkSVG(content []byte) error {
	active := []string{"script", "iframe", "foreignObject", "audio", "template"}
	for decoder := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if slices.Contains(active, element.Name.Local) {
			return fmt.Errorf("it holds a %s", element.Name.Local)
		}
		for _, attribute := range element.Attr {
			if strings.HasPrefix(strings.ToLower(attribute.Name.Local), "on") {
				return fmt.Errorf("it has the event handler %s", attribute.Name.Local)
			}
		}
	}
}
