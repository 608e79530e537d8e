package wats

// Level of a log line.
type Level uint8

// Levels of log lines.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error"}

// String gives the word of the contract: "info".
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "error"
}

// Log writes a log line, which the operator sees with the plugin's name and the file's. A bounded number of bytes per file is kept
// (64 KiB by default), the rest counted.
func Log(level Level, message string) { here().Log(level, message) }

// LogDebug logs detail, for the author.
func LogDebug(message string) { Log(LevelDebug, message) }

// LogInfo logs what happened, for whoever looks.
func LogInfo(message string) { Log(LevelInfo, message) }

// LogWarn logs something odd that did not stop the conversion.
func LogWarn(message string) { Log(LevelWarn, message) }

// LogError logs something that a person must act on.
func LogError(message string) { Log(LevelError, message) }

// Progress tells how much of the file is done, 0 to 1. Cheap: call it as often as you like.
func Progress(fraction float64) { here().Progress(fraction) }
