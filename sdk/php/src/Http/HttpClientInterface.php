<?php

declare(strict_types=1);

namespace Driplet\Http;

/**
 * The old library's HTTP client, for \Driplet\Client\DripletClient only. New
 * code gives \Driplet\Driplet a PSR-18 client.
 */
interface HttpClientInterface
{
    /**
     * Posts $options['body'] as it stands: it is signed.
     *
     * @param array{body?: string, headers?: array<string, string>} $options
     *
     * @return bool whether the server answered 200
     *
     * @throws \Driplet\Exception\DripletException
     */
    public function post(string $url, array $options = []): bool;
}
