<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Http\CurlTransport;
use Driplet\Http\Psr18Transport;
use Driplet\Internal\Caller;
use Driplet\Internal\Deferred;
use Driplet\Internal\EndpointUrl;
use Driplet\Internal\Environment;
use Driplet\Internal\Secret;
use Driplet\Internal\Sender;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;
use Psr\Log\LoggerInterface;

/**
 * One endpoint of a Driplet server, seen from the backend.
 *
 * A dead server never hangs a page: half a second to connect, $timeout for
 * everything, one more attempt under the same message id within it.
 */
final readonly class Driplet implements PublisherInterface
{
    private Sender $sender;
    private Caller $caller;
    private Deferred $deferred;

    /**
     * @param string           $url     http://127.0.0.1:4719/api/default
     * @param string           $apiSecret the endpoint's APISecret
     * @param ?ClientInterface $http    any PSR-18 client, whose own timeouts then count; without one PHP's curl is used
     * @param float            $timeout seconds in all, retries included
     * @param int              $retries attempts after the first
     * @param (RequestFactoryInterface&StreamFactoryInterface)|null $factory for $http; Nyholm's and Guzzle's are found without it
     * @param ?LoggerInterface $logger  for what defer() could not send; without one it goes to error_log()
     */
    public function __construct(
        string $url,
        #[\SensitiveParameter] string $apiSecret,
        ?ClientInterface $http = null,
        private float $timeout = 2.0,
        int $retries = 1,
        (RequestFactoryInterface&StreamFactoryInterface)|null $factory = null,
        ?LoggerInterface $logger = null,
    ) {
        $transport = $http === null ? new CurlTransport() : new Psr18Transport($http, $factory);
        $endpoint = EndpointUrl::parse($url);
        $secret = new Secret($apiSecret, 'the API secret');
        $this->sender = new Sender($endpoint, $secret, $transport, $timeout, $retries);
        $this->caller = new Caller($endpoint, $secret, $transport);
        $this->deferred = new Deferred($this->publish(...), $logger);
    }

    /** From DRIPLET_URL and DRIPLET_API_SECRET. */
    public static function fromEnv(): self
    {
        return new self(Environment::get('DRIPLET_URL'), Environment::get('DRIPLET_API_SECRET'));
    }

    public function publish(Message $message): Receipt
    {
        return $this->sender->send($message->fields());
    }

    public function publishAll(Message ...$messages): array
    {
        return array_map($this->publish(...), array_values($messages));
    }

    /**
     * Asks a plugin whose manifest takes requests (hooks = ["http"]). What it
     * did has happened when the answer is there. Asked once: Unreachable leaves
     * open whether the plugin has acted.
     *
     * @param mixed  $data    anything that json_encode() takes
     * @param ?float $timeout seconds, when the plugin answers late; without it the client's own
     *
     * @return mixed the plugin's answer; objects are arrays
     *
     * @throws Refused     the plugin or the server said no
     * @throws Unreachable no server answered in time
     * @throws Misuse      the data cannot be sent at all
     */
    public function call(string $plugin, mixed $data = null, ?float $timeout = null): mixed
    {
        if ($timeout !== null && (!is_finite($timeout) || $timeout <= 0.0)) {
            throw Misuse::setting('timeout', 'must be more than 0 seconds');
        }

        return $this->caller->ask($plugin, $data, $timeout ?? $this->timeout);
    }

    /**
     * Sends the message once the response has gone out; on the command line at
     * once. Never throws: what fails is logged.
     */
    public function defer(Message $message): void
    {
        $this->deferred->add($message);
    }

    /**
     * Sends what defer() holds now. For servers that keep PHP running between
     * requests (FrankenPHP's worker mode): call it after each response.
     */
    public function flush(): void
    {
        $this->deferred->flush();
    }
}
