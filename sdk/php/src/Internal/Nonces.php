<?php

declare(strict_types=1);

namespace Driplet\Internal;

/**
 * Which requests were seen: by all workers of this machine where APCu is, else
 * by this object alone, which helps only where it lives longer than a request.
 */
final class Nonces
{
    /** @var array<string, int> until when, by hash; the oldest first */
    private array $seen = [];

    /** False: it was there already. */
    public function spend(string $nonce, int $until, int $now): bool
    {
        $hash = hash('sha256', $nonce);
        if (function_exists('apcu_enabled') && apcu_enabled()) {
            return apcu_add("driplet-callback-{$hash}", 1, max(1, $until - $now));
        }
        foreach ($this->seen as $old => $end) {
            if ($end >= $now) {
                break;
            }
            unset($this->seen[$old]);
        }
        if (isset($this->seen[$hash])) {
            return false;
        }
        $this->seen[$hash] = $now + 2 * SignedRequest::WINDOW; // never less than $until, and in order

        return true;
    }
}
