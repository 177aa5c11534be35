<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Misuse;
use Driplet\Target;
use PHPUnit\Framework\TestCase;

enum Role: string
{
    case Editor = 'editor';
}

final class TargetTest extends TestCase
{
    /** @dataProvider targets */
    public function testWrites(Target $target, string $json): void
    {
        self::assertSame($json, json_encode((object) $target->fields()));
    }

    public static function targets(): iterable
    {
        yield 'everyone' => [Target::everyone(), '{}'];
        yield 'users' => [Target::users(5, 'anna'), '{"include":{"uid":[5,"anna"]}}'];
        yield 'users spread from an array with gaps' => [Target::users(...[3 => 5, 9 => 6]), '{"include":{"uid":[5,6]}}'];
        yield 'roles' => [Target::roles('administrator'), '{"include":{"roles":["administrator"]}}'];
        yield 'any' => [Target::any(['roles' => ['a', 'b'], 'team.id' => 7]), '{"include":{"roles":["a","b"],"team.id":7}}'];
        yield 'all' => [Target::all(['site' => 3, 'paid' => true]), '{"all":{"site":3,"paid":true}}'];
        yield 'except' => [Target::roles('a')->except(['uid' => 5]), '{"include":{"roles":["a"]},"exclude":{"uid":5}}'];
        yield 'everyone but' => [Target::everyone()->except(['uid' => 5]), '{"exclude":{"uid":5}}'];
        yield 'except nobody' => [Target::roles('a')->except([]), '{"include":{"roles":["a"]}}'];
        yield 'where' => [Target::users(1)->where(['site' => 3])->where(['lang' => 'cs']), '{"include":{"uid":[1]},"all":{"site":3,"lang":"cs"}}'];
        yield 'list with gaps' => [Target::any(['uid' => [2 => 1, 5 => 2]]), '{"include":{"uid":[1,2]}}'];
        yield 'empty list' => [Target::any(['uid' => []]), '{"include":{"uid":[]}}'];
        yield 'null' => [Target::any(['team' => null]), '{"include":{"team":null}}'];
        yield 'enum' => [Target::any(['roles' => [Role::Editor]]), '{"include":{"roles":["editor"]}}'];
        yield 'claim with a number for a name' => [Target::any(['7' => 'x']), '{"include":{"7":"x"}}'];
        yield 'claim 0 among others' => [Target::any(['a' => 1, '0' => 2]), '{"include":{"a":1,"0":2}}'];
    }

    /** @dataProvider slips */
    public function testASlipNeverReachesEverybody(\Closure $make, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        $make();
    }

    public static function slips(): iterable
    {
        yield 'no users' => [fn () => Target::users(...[]), 'users() needs an id'];
        yield 'no roles' => [fn () => Target::roles(), 'roles() needs a role'];
        yield 'no rules' => [fn () => Target::any([]), 'any() needs a rule'];
        yield 'all of nothing' => [fn () => Target::all([]), 'all() needs a rule'];
        yield 'where nothing' => [fn () => Target::everyone()->where([]), 'where() needs a rule'];
        yield 'values without a claim' => [fn () => Target::any(['editor', 'author']), "like ['roles' => ['editor']]"];
        yield 'claim without a name' => [fn () => Target::any(['' => 1]), 'by the claim\'s name'];
        yield 'include within' => [fn () => Target::any(['include' => ['roles' => 'a']]), "the value of 'include' is an array with names"];
        yield 'list in a list' => [fn () => Target::any(['roles' => [['a']]]), "the value of 'roles' holds array"];
        yield 'object' => [fn () => Target::any(['uid' => (object) []]), "the value of 'uid' holds stdClass"];
        yield 'infinity' => [fn () => Target::any(['uid' => INF]), 'INF or NAN'];
        yield 'twice' => [fn () => Target::roles('a')->except(['uid' => 1])->except(['uid' => 2]), "except() was given 'uid' before"];
    }
}
