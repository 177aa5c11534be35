<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Http\NoAnswer;

/**
 * No Driplet server answered in time, or what answered was none. The message
 * may still have been delivered; publishing it again with the same id within
 * 5 minutes does not deliver it twice.
 */
final class Unreachable extends DripletException
{
    public static function after(int $attempts, string $url, NoAnswer $cause): self
    {
        $tries = $attempts === 1 ? '1 attempt' : "{$attempts} attempts";

        return new self("no answer from Driplet at {$url} after {$tries}: {$cause->getMessage()}. {$cause->advice}", 0, $cause);
    }

    public static function notDriplet(string $url, string $cause): self
    {
        return new self("what answers at {$url} is no Driplet server: {$cause}. Check DRIPLET_URL");
    }
}
