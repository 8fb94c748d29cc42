package postgres

import (
	"regexp"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// notes are the comments of the change log's scripts and what these tell who
// runs them, by the names that stand for them there: {{name}} for a comment,
// {{'name'}} for a literal. What stands in single braces is filled in with the
// rest of the script.
var notes = map[string]message.Message{
	"about install": message.New("Change log of {comment} for Live Orders. Run it as the owner of the table, or as a superuser. " +
		"Run it again when the catalog uses another time column. Partitions that come later inherit what they need."),
	"writers wait":     message.New("While it waits for writers to end, new ones wait for it. So it had better fail, and be run again."),
	"one at a time":    message.New("One script at a time, also of different tables."),
	"rights":           message.New("The triggers write into this schema with the rights of who runs this script."),
	"logs":             message.New("One row for each table that is logged. low: what transactions before it changed is no longer in the log."),
	"marks":            message.New("When which transactions were over, for the pruner."),
	"replica identity": message.New("Where all tables are published for logical replication, rows can only be removed from tables with a replica identity."),
	"nobody writes":    message.New("Nobody may write to the table while its log begins."),
	"log": message.New("A row says that transaction x changed rows whose time in column col is in bucket. Column 0: any row may have changed. " +
		"The index finds the rows after a snapshot, and keeps one of each: a bulk load leaves a row for each bucket, not for each row."),
	"refuse": message.New("Only the pruner removes rows, and says so in the table of logs. A row that went otherwise would be a change that nobody hears of."),
	"afresh": message.New("What was logged before may have meant other columns or, in a restored copy, other transactions. " +
		"A transaction that began before this one and still goes on writes to the log as any other."),
	"columns stay": message.New("It never fires. While it is there, the server refuses to drop a column of the log or to change its type, " +
		"which would make every statement that writes to the table fail. Nothing keeps a column from being renamed: " +
		"uninstall first, and install again with a catalog that knows the new name."),
	"partitions": message.New("Rows of partitions have the trigger by inheritance; TRUNCATE needs one on each. " +
		"ALWAYS: changes that logical replication applies are logged as well."),
	"scheduler":       message.New("Call it from a scheduler, every few minutes: SELECT {schema}.prune('1 hour');"),
	"retention":       message.New("What was logged longer ago than the retention goes. A plugin that has not looked for so long reads anew."),
	"restored copy":   message.New("In a restored copy of another server's data, transactions have numbers that are yet to come here."),
	"about uninstall": message.New("Removes the change log of {comment}, and the schema {schema} with the last of them."),
	"triggers go":     message.New("The triggers go with the function."),

	"schema of another": message.New("the schema {schema} belongs to somebody else"),
	"be its owner":      message.New("Run this script as its owner, or give it to the owner of the table with ALTER SCHEMA {schema} OWNER TO."),
	"other columns":     message.New("the columns are not those for which this script was written"),
	"get it again":      message.New("Get the script again, from a data source that is connected to this database."),
	"only prune":        message.New("only {schema}.prune() removes rows of a change log"),
	"how to prune":      message.New("SELECT {schema}.prune('0 s') removes all that it can. The uninstall script removes the log."),
	"other triggers":    message.New("%% has triggers of the change log of another table"), // RAISE fills it in
	"one log":           message.New("A table and its partition cannot both have a change log. Uninstall the other one first."),
}

// noteMark is where a script has a comment, on a line of its own, or a literal.
var noteMark = regexp.MustCompile(`(?m)^( *)-- \{\{(.+)\}\}$|\{\{'(.+?)'\}\}`)

// annotate puts the notes into a script, in a language.
func annotate(script string, language message.Language) string {
	return noteMark.ReplaceAllStringFunc(script, func(at string) string {
		match := noteMark.FindStringSubmatch(at)
		if match[3] != "" {
			return quoteLiteral(notes[match[3]].In(language))
		}
		return comment(match[1]+"-- ", notes[match[2]].In(language))
	})
}

// comment writes a text behind a prefix, in lines of a width that can be read.
func comment(prefix, text string) string {
	const width = 100
	var b, line strings.Builder
	for word := range strings.FieldsSeq(text) {
		if line.Len() > 0 && len(prefix)+line.Len()+1+len(word) > width {
			b.WriteString(prefix + line.String() + "\n")
			line.Reset()
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	return b.String() + prefix + line.String()
}
