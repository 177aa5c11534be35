<?php

declare(strict_types=1);

namespace Driplet\Http;

/**
 * The request or its answer got lost on the way. Users see Unreachable.
 *
 * @internal
 */
final class NoAnswer extends \RuntimeException
{
    /** @param string $advice what to look at first */
    public function __construct(string $message, ?\Throwable $previous = null, public readonly string $advice = 'Does the server run there?')
    {
        parent::__construct($message, 0, $previous);
    }
}
