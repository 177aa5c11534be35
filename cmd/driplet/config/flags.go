package config

import (
	"errors"
	"flag"
	"strings"
)

// Flags adds to fs the flags that set a key; what was given stands in the
// result after fs.Parse. -set reaches every key that is not in a list.
func Flags(fs *flag.FlagSet) *[]Override {
	given := &[]Override{}
	for _, f := range []struct{ name, key, usage string }{
		{"bind", "Global.BindAddress", "listen on this `address`"},
		{"port", "Global.Port", "listen on this `port`"},
		{"data", "Global.DataDir", "keep data in this `folder`; \"\" is memory only"},
		{"plugins", "Global.PluginDir", "find plugins in this `folder`"},
		{"log-file", "Global.LogFile", "append the log to this `file`"},
		{"log-level", "Global.LogLevel", "log at this `level`: normal or debug"},
	} {
		fs.Func(f.name, f.usage+" ("+f.key+")", func(value string) error {
			*given = append(*given, Override{Flag: "-" + f.name, Key: f.key, Value: value})
			return nil
		})
	}
	fs.Func("set", "set any `key=value`, such as Endpoints.default.UserClaim=id; may be repeated", func(s string) error {
		key, value, found := strings.Cut(s, "=")
		if !found {
			return errors.New("write key=value")
		}
		*given = append(*given, Override{Flag: "-set " + key, Key: key, Value: value})
		return nil
	})
	return given
}
