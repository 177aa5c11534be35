<?php

declare(strict_types=1);

namespace Driplet\Http;

/**
 * Carries one request. Two exist: CurlTransport and Psr18Transport.
 *
 * @internal
 */
interface Transport
{
    /**
     * Posts exactly these bytes, without following redirects.
     *
     * @param array<string, string> $headers by name
     * @param float                 $seconds for all of it, from connecting to the answer's last byte, where the client can keep to it
     *
     * @throws NoAnswer when no whole answer came
     */
    public function post(string $url, array $headers, string $body, float $seconds): Answer;
}
