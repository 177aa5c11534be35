<?php

declare(strict_types=1);

namespace DripletExample;

/**
 * Where Driplet is, and the secrets that this backend shares with it: from the
 * environment, else those of the example's driplet.toml, which Driplet takes
 * on a loopback address only.
 */
final readonly class Settings
{
    private function __construct(
        public string $url,
        public string $webSocket,
        #[\SensitiveParameter] public string $apiSecret,
        #[\SensitiveParameter] public string $jwtSecret,
    ) {
    }

    public static function fromEnvironment(): self
    {
        return new self(
            url: getenv('DRIPLET_URL') ?: 'http://127.0.0.1:4719/api/default',
            webSocket: getenv('DRIPLET_WEBSOCKET') ?: 'ws://127.0.0.1:4719/ws/default',
            apiSecret: getenv('DRIPLET_API_SECRET') ?: 'change-this-api-secret',
            jwtSecret: getenv('DRIPLET_JWT_SECRET') ?: 'change-this-jwt-secret',
        );
    }
}
