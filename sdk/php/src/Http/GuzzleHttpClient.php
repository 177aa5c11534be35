<?php

declare(strict_types=1);

namespace Driplet\Http;

use Driplet\Exception\DripletException;
use GuzzleHttp\Client;
use GuzzleHttp\ClientInterface;
use GuzzleHttp\Exception\GuzzleException;

/** The old library's default client, for code that names it. It needs Guzzle installed. */
class GuzzleHttpClient implements HttpClientInterface
{
    private readonly ClientInterface $client;

    public function __construct(?ClientInterface $client = null)
    {
        // Guzzle itself waits without end.
        $this->client = $client ?? new Client(['connect_timeout' => 0.5, 'timeout' => 2.0]);
    }

    public function post(string $url, array $options = []): bool
    {
        try {
            return $this->client->request('POST', $url, $options)->getStatusCode() === 200;
        } catch (GuzzleException $e) {
            throw new DripletException('HTTP request failed: ' . $e->getMessage(), (int) $e->getCode(), $e);
        }
    }
}
