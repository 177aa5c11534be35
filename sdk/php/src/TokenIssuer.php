<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Internal\Base64Url;
use Driplet\Internal\Environment;
use Driplet\Internal\Json;
use Driplet\Internal\Secret;

/**
 * Makes the tokens (JWT, HS256) with which browsers connect. Issue one only to
 * a user whom your own login has identified.
 */
final readonly class TokenIssuer
{
    private Secret $secret;

    /**
     * @param string  $secret the endpoint's JWTSecret
     * @param int     $ttl    seconds for which a token lets somebody connect
     * @param ?string $kid    names the key, while two are in use
     */
    public function __construct(#[\SensitiveParameter] string $secret, private int $ttl = 3600, private ?string $kid = null)
    {
        $this->secret = new Secret($secret, 'the JWT secret');
        if ($ttl < 1) {
            throw Misuse::setting('ttl', "must be at least 1 second, it is {$ttl}");
        }
    }

    /** From DRIPLET_JWT_SECRET. */
    public static function fromEnv(int $ttl = 3600): self
    {
        return new self(Environment::get('DRIPLET_JWT_SECRET'), $ttl);
    }

    /**
     * @param array<string, mixed> $claims  what targets compare with: ['uid' => 5, 'roles' => ['editor']]
     * @param list<string>         $topics  patterns of topics to subscribe to, where the topic's rule asks for them
     * @param list<string>         $publish patterns of topics to publish to
     */
    public function issue(array $claims, array $topics = [], array $publish = []): string
    {
        if ($claims !== [] && array_is_list($claims)) {
            throw new Misuse("claims need names, like ['uid' => 5, 'roles' => ['editor']]");
        }
        $now = time();
        // (object), because an empty PHP array would be a list in JSON.
        $payload = ['iat' => $now, 'exp' => $now + $this->ttl, 'custom' => (object) $claims];
        foreach (['topics' => $topics, 'publish' => $publish] as $name => $patterns) {
            if ($patterns !== []) {
                $payload[$name] = self::patterns($name, $patterns);
            }
        }
        $header = ['alg' => 'HS256', 'typ' => 'JWT'] + ($this->kid === null ? [] : ['kid' => $this->kid]);
        $signed = Base64Url::encode(Json::encode($header, 'the key id')) . '.' . Base64Url::encode(Json::encode($payload, 'the claims'));

        return $signed . '.' . Base64Url::encode($this->secret->sign($signed));
    }

    /**
     * What the browser's client expects at its jwtEndpoint; send it as JSON.
     *
     * @return array{status: 'success', message: string, token: string}
     */
    public function response(string $token): array
    {
        return ['status' => 'success', 'message' => 'JWT token generated', 'token' => $token];
    }

    /**
     * @param array<array-key, mixed> $patterns
     *
     * @return list<string>
     */
    private static function patterns(string $name, array $patterns): array
    {
        foreach ($patterns as $pattern) {
            if (!is_string($pattern) || $pattern === '') {
                throw new Misuse("{$name} takes a list of topic patterns, each a string that is not empty");
            }
        }

        return array_values($patterns);
    }
}
