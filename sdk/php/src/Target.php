<?php

declare(strict_types=1);

namespace Driplet;

/**
 * Who of a topic's subscribers hears a message, by the claims in their tokens.
 *
 * A rule is a claim's name (or a dotted path into it) and a value, or a list
 * of values of which one must be there. Numbers and strings compare as text:
 * 5 is "5". A claim that is missing matches nothing.
 *
 * There is no way to build a target that names nobody and so reaches everybody:
 * empty rules throw. Immutable.
 */
final readonly class Target
{
    /**
     * @param array<array-key, mixed> $include
     * @param array<array-key, mixed> $exclude
     * @param array<array-key, mixed> $all
     */
    private function __construct(private array $include = [], private array $exclude = [], private array $all = [])
    {
    }

    /**
     * Every subscriber; for use with except(). Who connected without claims
     * never hears a message that has a target, and so none with except().
     */
    public static function everyone(): self
    {
        return new self();
    }

    /** Users by their claim uid. */
    public static function users(int|string ...$ids): self
    {
        return $ids === [] ? throw Misuse::target('users() needs an id: without one it would name nobody') : self::any(['uid' => array_values($ids)]);
    }

    /** Users who hold one of the roles, by their claim roles. */
    public static function roles(string ...$roles): self
    {
        return $roles === [] ? throw Misuse::target('roles() needs a role: without one it would name nobody') : self::any(['roles' => array_values($roles)]);
    }

    /**
     * At least one rule must match.
     *
     * @param array<array-key, mixed> $rules claim => value or list of values
     */
    public static function any(array $rules): self
    {
        return new self(include: self::rules('any', $rules));
    }

    /**
     * Every rule must match.
     *
     * @param array<array-key, mixed> $rules claim => value or list of values
     */
    public static function all(array $rules): self
    {
        return new self(all: self::rules('all', $rules));
    }

    /**
     * Besides, every one of these must match: Target::roles('editor')->where(['site' => 3]).
     *
     * @param array<array-key, mixed> $rules claim => value or list of values
     */
    public function where(array $rules): self
    {
        return new self($this->include, $this->exclude, self::merge('where', $this->all, self::rules('where', $rules)));
    }

    /**
     * Whoever matches one of these does not hear it. No rules leave out nobody.
     *
     * @param array<array-key, mixed> $rules claim => value or list of values
     */
    public function except(array $rules): self
    {
        $rules = $rules === [] ? [] : self::rules('except', $rules);

        return new self($this->include, self::merge('except', $this->exclude, $rules), $this->all);
    }

    /**
     * The target as it goes into the body; [] for everybody.
     *
     * @internal
     *
     * @return array<string, object>
     */
    public function fields(): array
    {
        $parts = ['include' => $this->include, 'exclude' => $this->exclude, 'all' => $this->all];

        // Objects, because a claim named "0" would otherwise make a JSON list.
        return array_map(static fn (array $rules): object => (object) $rules, array_filter($parts));
    }

    /**
     * A rule's value in the form the server takes: a scalar, or a list of them.
     *
     * @internal
     *
     * @return scalar|null|list<scalar|null>
     */
    public static function value(int|string $claim, mixed $value): mixed
    {
        if (!is_array($value)) {
            return self::scalar($claim, $value);
        }
        if (array_filter(array_keys($value), is_string(...)) !== []) {
            throw Misuse::target("the value of '{$claim}' is an array with names: give a value or a list, and use a dotted path for claims inside claims");
        }

        // array_filter() and array_unique() leave gaps, which JSON would show as an object.
        return array_map(static fn (mixed $item): mixed => self::scalar($claim, $item), array_values($value));
    }

    private static function scalar(int|string $claim, mixed $value): string|int|float|bool|null
    {
        if ($value instanceof \BackedEnum) {
            return $value->value;
        }
        if (is_float($value) && !is_finite($value)) {
            throw Misuse::target("the value of '{$claim}' is INF or NAN");
        }

        return is_scalar($value) || $value === null ? $value : throw Misuse::target("the value of '{$claim}' holds " . get_debug_type($value) . ': only strings, numbers, true, false and null compare with claims');
    }

    /**
     * @param array<array-key, mixed> $rules
     *
     * @return array<array-key, mixed>
     */
    private static function rules(string $method, array $rules): array
    {
        if ($rules === []) {
            throw Misuse::target("{$method}() needs a rule: without one it would name nobody");
        }
        if (array_is_list($rules) || isset($rules[''])) {
            throw Misuse::target("{$method}() takes rules by the claim's name, like ['roles' => ['editor']]");
        }
        foreach ($rules as $claim => $value) {
            $rules[$claim] = self::value($claim, $value);
        }

        return $rules;
    }

    /**
     * @param array<array-key, mixed> $before
     * @param array<array-key, mixed> $more
     *
     * @return array<array-key, mixed>
     */
    private static function merge(string $method, array $before, array $more): array
    {
        foreach (array_intersect_key($more, $before) as $claim => $_) {
            throw Misuse::target("{$method}() was given '{$claim}' before: put its values into one list");
        }

        return $before + $more;
    }
}
