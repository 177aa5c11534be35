<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/**
 * The address of an endpoint's API, checked once, so that a slip in a setting
 * is told as such and not as a 404 later.
 */
final readonly class EndpointUrl
{
    private function __construct(public string $message)
    {
    }

    /** @param string $url http://host:4719/api/default, with or without /message, also below a path */
    public static function parse(string $url): self
    {
        $url = self::checked($url);
        if (preg_match('~/api/[^/]+(/message)?$~D', $url, $match) !== 1) {
            throw self::wrong($url, 'does not end in /api/ENDPOINT, as http://127.0.0.1:4719/api/default does');
        }

        return new self(isset($match[1]) ? $url : $url . '/message');
    }

    /** As the old library: what is no /api/ENDPOINT is taken to be the whole address of message behind some proxy. */
    public static function parseOld(string $url): self
    {
        $url = self::checked($url);

        return new self(preg_match('~/api/[^/]+$~D', $url) === 1 ? $url . '/message' : $url);
    }

    /** The path of a plugin as the server sees it, also behind a proxy that serves it below another: what is signed. */
    public function hook(string $plugin): string
    {
        if (preg_match('/^[a-z][a-z0-9_-]{0,31}$/D', $plugin) !== 1) {
            throw new Misuse('a plugin\'s name is a-z, 0-9, _ and -, and begins with a letter');
        }
        [, $endpoint] = $this->parts();

        return "/hook/{$endpoint}/{$plugin}";
    }

    /** Where the server's paths begin. */
    public function base(): string
    {
        return $this->parts()[0];
    }

    /** @return array{string, string} what stands before /api, and the endpoint's name */
    private function parts(): array
    {
        if (preg_match('~^(.*)/api/([^/]+)/message$~D', $this->message, $match) !== 1) {
            throw self::wrong($this->message, 'does not end in /api/ENDPOINT, so that plugins cannot be found from it');
        }

        return [$match[1], $match[2]];
    }

    private static function checked(string $url): string
    {
        if (trim($url) !== $url || $url === '') {
            throw self::wrong($url, $url === '' ? 'is empty' : 'has white space around it');
        }
        if (preg_match('~^https?://~i', $url) !== 1) {
            throw self::wrong($url, 'does not begin with http:// or https://');
        }
        $parts = parse_url($url);
        if ($parts === false || preg_match('/[\x00-\x20\x7f]/', $url) === 1) {
            throw self::wrong($url, 'is not an address');
        }
        if (isset($parts['user']) || isset($parts['pass'])) {
            throw new Misuse('the Driplet URL must not carry a user or password: the API secret signs every request');
        }
        if (isset($parts['query']) || isset($parts['fragment'])) {
            throw self::wrong($url, 'must not have a query or fragment');
        }

        return rtrim($url, '/');
    }

    private static function wrong(string $url, string $problem): Misuse
    {
        // Whatever stands before an @ may be a password.
        $shown = preg_replace('~//[^/]*@~', '//…@', $url);

        return new Misuse("the Driplet URL '{$shown}' {$problem}");
    }
}
