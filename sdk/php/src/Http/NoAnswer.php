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
}
