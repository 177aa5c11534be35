<?php

declare(strict_types=1);

namespace Driplet\Client;

use Driplet\Http\CurlTransport;
use Driplet\Http\HttpClientInterface;
use Driplet\Internal\EndpointUrl;
use Driplet\Internal\Secret;
use Driplet\Internal\Sender;
use Driplet\Internal\SignedBody;
use Driplet\Message\MessageBuilder;

/**
 * The old library's client, kept so that code in the field works. New code
 * uses \Driplet\Driplet.
 */
class DripletClient
{
    private readonly EndpointUrl $url;
    private readonly Secret $secret;
    private readonly ?Sender $sender;

    /** @param string $endpointUrl with or without /message at its end */
    public function __construct(string $endpointUrl, #[\SensitiveParameter] string $secret, private readonly ?HttpClientInterface $httpClient = null)
    {
        $this->url = EndpointUrl::parseOld($endpointUrl);
        $this->secret = new Secret($secret, 'the API secret');
        $this->sender = $httpClient === null ? new Sender($this->url, $this->secret, new CurlTransport()) : null;
    }

    public function createMessage(): MessageBuilder
    {
        return MessageBuilder::create();
    }

    /**
     * @return bool true when the server took it; false only as the given HTTP client says so
     *
     * @throws \Driplet\Exception\DripletException as \Driplet\Driplet::publish() does
     */
    public function sendMessage(MessageBuilder $builder): bool
    {
        $fields = $builder->build();
        unset($fields['nonce'], $fields['timestamp']); // made anew for each attempt
        if ($this->httpClient !== null) {
            $body = SignedBody::fresh($fields, $this->secret);

            return $this->httpClient->post($this->url->message, ['body' => $body->bytes, 'headers' => $body->headers()]);
        }
        $this->sender?->send($fields);

        return true;
    }
}
