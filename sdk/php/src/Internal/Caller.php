<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Http\NoAnswer;
use Driplet\Http\Transport;
use Driplet\Unreachable;

/**
 * Asks a plugin, once: who asks again might have it done twice. The request is
 * signed as a whole (version 2), so that it serves for no other plugin.
 */
final readonly class Caller
{
    private Secret $key;

    public function __construct(private EndpointUrl $url, Secret $secret, private Transport $transport)
    {
        $this->key = $secret->derive('api');
    }

    /** @return mixed the plugin's answer; objects are arrays */
    public function ask(string $plugin, mixed $data, float $timeout): mixed
    {
        $uri = $this->url->hook($plugin);
        $url = $this->url->base() . $uri;
        $body = Json::encode($data, 'the data for the plugin');
        $timestamp = (string) time();
        $nonce = bin2hex(random_bytes(16));
        $headers = [
            'Content-Type' => 'application/json',
            'User-Agent' => 'driplet-php',
            'X-Driplet-Timestamp' => $timestamp,
            'X-Driplet-Nonce' => $nonce,
            'X-Driplet-Signature' => SignedRequest::signature($this->key, 'POST', $uri, $timestamp, $nonce, $body),
        ];
        try {
            $answer = $this->transport->post($url, $headers, $body, $timeout);
        } catch (NoAnswer $e) {
            throw Unreachable::after(1, $url, $e);
        }

        return Sender::accepted($url, $answer)['data'] ?? null;
    }
}
