package config

import (
	"time"

	"github.com/driplet/driplet/core"
)

// newSchema is every key that a configuration may have, with its default.
func newSchema() schema {
	return schema{
		section("Global", globalFields()...),
		{name: "Endpoints", shape: shapeNamed, expect: "a section [Endpoints.<name>] for each endpoint", fields: endpointFields()},
	}
}

func globalFields() schema {
	return schema{
		text("BindAddress", "127.0.0.1", checkHost),
		integer("Port", int64(4719), 0, 65535),
		texts("Listen", []string{}, checkListen),
		text("PublicURL", "", checkPublicURL).notYet(),
		texts("TrustedProxies", []string{}, checkNetwork),
		text("DataDir", "", nil),
		text("PluginDir", "", nil),
		text("AdminToken", "", checkAdminToken).masked().unsetMeans("without it there is no admin API"),
		text("AdminAddress", "127.0.0.1:4720", checkAdminAddress),
		text("LogFile", "", nil),
		choice("LogLevel", "normal", "normal", "debug"),
		choice("Metrics", "loopback", "loopback", "all", "off"),
		text("TLSCertificate", "", nil),
		text("TLSKey", "", nil),
		integer("Connections", int64(100_000), 1, 10_000_000),
		size("QueueBytes", "256 MiB", 1<<20, 1<<40),
		size("HistoryBytes", "256 MiB", 1<<20, 1<<44),
		{name: "Memory", shape: shapeSize, expect: "a size such as \"1 GiB\"", parse: size("", nil, 32<<20, 1<<44).parse, unset: "without it there is no bound"},
		duration("ShutdownSpread", "2s", 0, 10*time.Minute),
	}
}

func endpointFields() schema {
	return schema{
		text("Name", "", nil).or("Title"),
		text("APISecret", "", nil).masked(),
		text("APISecretPrevious", "", nil).masked(),
		text("JWTSecret", "", nil).masked(),
		text("JWTSecretPrevious", "", nil).masked(),
		texts("AllowedOrigins", []string{}, checkOrigin),
		text("UserClaim", "uid", checkNotEmpty),
		choice("TokenExpiry", "connect", "connect", "enforce"),
		choice("Version1", "allow", "allow", "expire", "off"),
		boolean("EchoTarget"),
		boolean("Compress"),
		texts("Plugins", []string{}, checkPlugin).unsetMeans("all of PluginDir"),
		section("Limits", limitFields()...),
		sections("Topics", topicFields()...),
		section("Pusher", pusherFields()...).whenPresent().notYet(),
		sections("Webhooks",
			text("URL", "", checkURL).must(),
			texts("Events", []string{}, checkNotEmpty),
			choice("Names", "pusher", "pusher", "webman"),
		).notYet(),
		sections("Callbacks",
			text("Match", "", checkPattern).must(),
			text("URL", "", checkURL).must(),
			duration("Timeout", "5s", 10*time.Millisecond, time.Minute),
		),
		{name: "PluginConfig", shape: shapeFree, expect: "a section [Endpoints.<name>.PluginConfig.<plugin>] for each plugin"},
	}
}

func limitFields() schema {
	d := core.DefaultLimits
	return schema{
		integer("Connections", int64(d.Connections), 1, 10_000_000),
		integer("ConnectionsPerAddress", int64(core.DefaultConnectionsPerAddress), 1, 10_000_000).unsetMeans("off for loopback"),
		integer("Subscriptions", int64(d.Subscriptions), 1, 100_000),
		size("FrameBytes", core.FormatSize(int64(d.FrameBytes)), 128, 16<<20),
		size("QueueBytes", core.FormatSize(int64(d.QueueBytes)), 1<<10, 1<<30),
		rate("EventsPerSecond", d.EventsPerSecond),
		size("BytesPerSecond", nil, 1<<10, 1<<30).unsetMeans("EventsPerSecond times FrameBytes"),
		rate("HooksPerSecond", d.HooksPerSecond),
	}
}

func topicFields() schema {
	return schema{
		text("Match", "", checkPattern).must(),
		choice("Subscribe", "", "public", "anyone", "token", "claims", "proof", "plugin", "nobody").unsetMeans("anyone; of private-*, presence-* and the like proof"),
		choice("Publish", "", "nobody", "token", "anyone", "plugin").unsetMeans("nobody, but whose token lists the topic in publish"),
		choice("Overflow", "close", "close", "drop-oldest", "latest"),
		section("History",
			integer("Size", int64(100), 1, 1_000_000),
			duration("Age", "24h", time.Second, 365*24*time.Hour),
			choice("Sync", "batch", "always", "batch"),
		).whenPresent(),
		{name: "Latest", shape: shapeBool, expect: "true or false", later: true},
		section("Presence",
			duration("Debounce", "2s", 0, time.Minute),
			integer("List", int64(200), 0, 100_000),
		).whenPresent().notYet(),
		rate("Rate", nil).notYet(),
	}
}

func pusherFields() schema {
	return schema{
		text("AppID", "", checkNotEmpty).must(),
		text("AppKey", "", checkNotEmpty).must(),
		text("Secret", "", checkNotEmpty).must().masked(),
		boolean("ClientEvents"),
		size("EventBytes", "10 KiB", 1, 1<<20),
		boolean("Lenient"),
	}
}
