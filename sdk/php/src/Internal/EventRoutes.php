<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/** Functions by patterns of event names: * is any text, the longest text before the first * wins. */
final class EventRoutes
{
    /** @var array<string, array{list<string>, \Closure}> by what stands before the first *, the longest first */
    private array $routes = [];

    public function add(string $pattern, \Closure $function): void
    {
        if ($pattern === '' || str_contains($pattern, '{')) {
            throw new Misuse("the event \"{$pattern}\" must be a name, or a pattern with *; {claims} belong in the server's configuration");
        }
        $parts = explode('*', $pattern);
        if (isset($this->routes['=' . $parts[0]])) {
            $other = implode('*', $this->routes['=' . $parts[0]][0]);
            throw new Misuse("the events \"{$pattern}\" and \"{$other}\" are equally specific: make one longer before its first *");
        }
        $this->routes['=' . $parts[0]] = [$parts, $function];
        uksort($this->routes, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
    }

    public function find(string $event): ?\Closure
    {
        foreach ($this->routes as [$parts, $function]) {
            if (self::matches($parts, $event)) {
                return $function;
            }
        }

        return null;
    }

    /** @param list<string> $parts what stands between the stars */
    private static function matches(array $parts, string $event): bool
    {
        $first = array_shift($parts);
        if ($parts === []) {
            return $event === $first;
        }
        $last = array_pop($parts);
        if (!str_starts_with($event, $first) || strlen($event) < strlen($first) + strlen($last) || !str_ends_with($event, $last)) {
            return false;
        }
        $rest = substr($event, strlen($first), strlen($event) - strlen($first) - strlen($last));
        foreach ($parts as $part) {
            $at = strpos($rest, $part);
            if ($at === false) {
                return false;
            }
            $rest = substr($rest, $at + strlen($part));
        }

        return true;
    }
}
