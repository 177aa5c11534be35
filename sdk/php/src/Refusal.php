<?php

declare(strict_types=1);

namespace Driplet;

/**
 * What a handler of CallbackHandler throws to refuse an event: the browser's
 * call is rejected with this code, text and data.
 *
 * It is no DripletException on purpose: a handler that publishes may catch
 * those, and still refuse. As with Refused, ->code is Driplet's code;
 * getCode() is PHP's int.
 *
 * @property-read string $code
 */
final class Refusal extends \RuntimeException
{
    private const SHARED = [
        'bad_request', 'unauthorized', 'expired', 'forbidden', 'not_found', 'no_handler', 'conflict', 'too_large',
        'rate_limited', 'quota', 'timeout', 'plugin_failed', 'unavailable', 'internal',
    ];

    private readonly string $dripletCode;

    /**
     * @param string $code    your own as "chat.banned", or one of Driplet's such as "forbidden"
     * @param string $message what the user should do; it reaches the browser
     * @param mixed  $data    anything for json_encode(), null for none
     */
    public function __construct(string $code, string $message, public readonly mixed $data = null)
    {
        if (!in_array($code, self::SHARED, true) && preg_match('/^[a-z0-9][a-z0-9_-]{0,63}\.[a-z0-9][a-z0-9_-]{0,63}$/D', $code) !== 1) {
            throw new Misuse("the refusal's code \"{$code}\" is neither one of Driplet's nor your own in the form \"chat.banned\"");
        }
        if ($message === '') {
            throw new Misuse('a refusal needs a text that tells the user what to do');
        }
        $this->dripletCode = $code;
        parent::__construct($message);
    }

    /** @return array<string, mixed> as it stands in the answer */
    public function error(): array
    {
        return ['code' => $this->dripletCode, 'message' => $this->getMessage()] + ($this->data === null ? [] : ['data' => $this->data]);
    }

    public function __get(string $name): mixed
    {
        if ($name === 'code') {
            return $this->dripletCode;
        }
        throw new \Error("Undefined property: Driplet\\Refusal::\${$name}");
    }

    public function __isset(string $name): bool
    {
        return $name === 'code';
    }
}
