<?php

declare(strict_types=1);

namespace Driplet\Http;

use Driplet\Misuse;
use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;

/**
 * Any PSR-18 client. PSR-18 knows no timeouts: how long a dead server may hold
 * a page is the client's own setting.
 *
 * @internal
 */
final readonly class Psr18Transport implements Transport
{
    /** Factories that serve for requests and streams both, in the order in which they are looked for. */
    private const FACTORIES = ['Nyholm\Psr7\Factory\Psr17Factory', 'GuzzleHttp\Psr7\HttpFactory', 'Http\Discovery\Psr17Factory'];

    private RequestFactoryInterface&StreamFactoryInterface $factory;

    public function __construct(private ClientInterface $client, (RequestFactoryInterface&StreamFactoryInterface)|null $factory = null)
    {
        $this->factory = $factory ?? self::find($client);
    }

    public function post(string $url, array $headers, string $body, float $seconds): Answer
    {
        $request = $this->factory->createRequest('POST', $url)->withBody($this->factory->createStream($body));
        foreach ($headers as $name => $value) {
            $request = $request->withHeader($name, $value);
        }
        try {
            $response = $this->client->sendRequest($request);

            return new Answer($response->getStatusCode(), (string) $response->getBody(), $response->getHeaderLine('Location'));
        } catch (ClientExceptionInterface $e) {
            throw new NoAnswer($e->getMessage(), $e);
        } catch (\RuntimeException $e) { // a body that breaks off while it is read
            throw new NoAnswer('the answer broke off: ' . $e->getMessage(), $e);
        }
    }

    private static function find(ClientInterface $client): RequestFactoryInterface&StreamFactoryInterface
    {
        if ($client instanceof RequestFactoryInterface && $client instanceof StreamFactoryInterface) {
            return $client; // as Symfony's Psr18Client is
        }
        foreach (self::FACTORIES as $class) {
            if (class_exists($class)) {
                $factory = new $class();
                if ($factory instanceof RequestFactoryInterface && $factory instanceof StreamFactoryInterface) {
                    return $factory;
                }
            }
        }
        throw new Misuse('a PSR-18 client needs PSR-17 factories: install nyholm/psr7 or guzzlehttp/psr7, or pass a factory');
    }
}
