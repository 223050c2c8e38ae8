/* Tests teams: how pieces are divided, and what the processes agree on. The teams are real processes, which
 * communicate through shared memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "fishergrid/setup.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "memory_sink.h"

#include "fishergrid/sources.h"

enum { MOST = 5, PIECES = 12 };

/* The results of a process. */
struct outcome {
    enum fg_status status;
    struct fg_error error;
    uint64_t told, sum, pieces[PIECES];
};

/* Shared memory: a barrier, the bytes that are sent, and the results of each process. */
struct meeting {
    pthread_barrier_t barrier;
    char bytes[1 << 16];
    struct outcome got[MOST];
};

struct member {
    struct fg_team team;
    struct meeting *meeting;
};

static void broadcast(void *context, int from, void *bytes, size_t n)
{
    struct member *me = context;
    assert_true(n <= sizeof me->meeting->bytes);
    if (me->team.rank == from)
        memcpy(me->meeting->bytes, bytes, n);
    pthread_barrier_wait(&me->meeting->barrier);
    memcpy(bytes, me->meeting->bytes, n);
    pthread_barrier_wait(&me->meeting->barrier);
}

static void allgather(void *context, void *pieces, size_t n, size_t bytes)
{
    struct member *me = context;
    for (int q = 0; q < me->team.size; q++) {
        size_t first = fg_team_first(&me->team, n, q), end = fg_team_first(&me->team, n, q + 1);
        broadcast(me, q, (char *)pieces + first * bytes, (end - first) * bytes);
    }
}

static uint64_t allreduce_max(void *context, uint64_t value)
{
    struct member *me = context;
    uint64_t found = value;
    for (int q = 0; q < me->team.size; q++) {
        uint64_t theirs = value;
        broadcast(me, q, &theirs, sizeof theirs);
        found = theirs > found ? theirs : found;
    }
    return found;
}

/* Runs `act` in every process of a team. got[rank] has the results of a process. */
static void act_together(int size,
                         void (*act)(const struct fg_team *, const void *given, struct outcome *got),
                         const void *given, struct outcome *got)
{
    struct meeting *meeting =
        mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t shared;
    int failed = 0;
    assert_true(meeting != MAP_FAILED);
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&meeting->barrier, &shared, (unsigned)size);
    fflush(NULL); /* otherwise each child prints the buffer */
    for (int rank = 0; rank < size; rank++) {
        struct member me = {.team = {rank, size, broadcast, allgather, allreduce_max, .context = &me},
                            .meeting = meeting};
        if (fork() == 0) {
            alarm(100); /* ends processes that wait for a dead one */
            act(&me.team, given, &meeting->got[rank]);
            exit(0);
        }
    }
    for (int status, rank = 0; rank < size; rank++)
        failed += wait(&status) < 0 || status != 0;
    memcpy(got, meeting->got, sizeof meeting->got);
    munmap(meeting, sizeof *meeting);
    assert_int_equal(failed, 0);
}

/* --- tests --- */

static void every_piece_has_one_process_and_shares_differ_by_one(void **state)
{
    (void)state;
    for (int size = 1; size <= 40; size++) {
        const struct fg_team team = {.size = size};
        for (size_t k = 0; k < 200; k++) {
            const size_t n = k < 100 ? k : SIZE_MAX >> (k - 100) % 64;
            assert_int_equal(fg_team_first(&team, n, 0), 0);
            assert_int_equal(fg_team_first(&team, n, size), n);
            for (int q = 0; q < size; q++) {
                size_t mine = fg_team_first(&team, n, q + 1) - fg_team_first(&team, n, q);
                assert_true(mine == n / (size_t)size || mine == n / (size_t)size + 1);
            }
        }
    }
}

/* Returns the number that process `rank` sends. */
static uint64_t word(int rank)
{
    return UINT64_C(7) << 10 * rank;
}

static void exchange(const struct fg_team *team, const void *given, struct outcome *got)
{
    (void)given;
    got->told = word(fg_team_rank(team));
    got->sum = fg_team_sum(team, got->told);
    fg_team_broadcast(team, &got->told, sizeof got->told);
    for (size_t k = fg_team_first(team, PIECES, team->rank); k < fg_team_first(team, PIECES, team->rank + 1);
         k++)
        got->pieces[k] = k + 1;
    fg_team_allgather(team, got->pieces, PIECES, sizeof *got->pieces);
}

static void all_know_the_sum_every_piece_and_what_the_first_tells(void **state)
{
    (void)state;
    struct outcome got[MOST];
    uint64_t sum = 0;
    for (int size = 1; size <= MOST; size++) {
        sum += word(size - 1);
        act_together(size, exchange, NULL, got);
        for (int rank = 0; rank < size; rank++) {
            assert_true(got[rank].sum == sum);
            assert_true(got[rank].told == word(0));
            for (size_t k = 0; k < PIECES; k++)
                assert_int_equal(got[rank].pieces[k], k + 1);
        }
    }
}

static void agree(const struct fg_team *team, const void *given, struct outcome *got)
{
    const enum fg_status mine = ((const enum fg_status *)given)[team->rank];
    if (mine != FG_OK)
        fg_fail(&got->error, mine, "text of %d", team->rank);
    got->status = fg_team_agree(team, mine, &got->error);
    got->told = fg_team_agree(team, mine, NULL);
}

/* Tests every combination of three processes. */
static void the_first_failure_counts_or_else_the_first_interruption(void **state)
{
    (void)state;
    struct outcome got[MOST];
    const enum fg_status kinds[] = {FG_OK, FG_INTERRUPTED, FG_FAILED, FG_BAD_INPUT};
    const int badness[] = {0, 1, 2, 2};
    const char *const texts[] = {"text of 0", "process 1 of 3: text of 1", "process 2 of 3: text of 2"};
    for (int k = 0; k < 4 * 4 * 4; k++) {
        const int kind[] = {k % 4, k / 4 % 4, k / 16};
        const enum fg_status given[] = {kinds[kind[0]], kinds[kind[1]], kinds[kind[2]]};
        int from = 0;
        for (int rank = 1; rank < 3; rank++)
            from = badness[kind[rank]] > badness[kind[from]] ? rank : from;
        act_together(3, agree, given, got);
        for (int rank = 0; rank < 3; rank++) {
            assert_int_equal(got[rank].status, given[from]);
            assert_int_equal(got[rank].told, given[from]);
            assert_string_equal(got[rank].error.text, given[from] == FG_OK ? "" : texts[from]);
        }
    }
}

static void share(const struct fg_team *team, const void *given, struct outcome *got)
{
    struct fg_setup setup = ((const struct fg_setup *)given)[team->rank];
    got->status = fg_setup_share(&setup, team, &got->error);
    got->told = setup.data[0].n + setup.data[0].checksum + setup.data[0].sources;
}

static void all_have_the_setup_of_the_first_or_are_told_what_differs(void **state)
{
    (void)state;
    struct outcome got[MOST];
    struct fg_setup setups[MOST];
    const char *const told[MOST] = {"", "", "has damping 0.5, process 0 has 0; all must compute the same",
                                    "has seed 7, process 0 has 0; all must compute the same",
                                    "has data A, process 0 has A,B; all must compute the same"};
    for (int rank = 0; rank < MOST; rank++) {
        setups[rank] = (struct fg_setup){.n_data = 2, .data = {{.name = "A"}, {.name = "B"}}};
        setups[rank].damping = rank == 2 ? 0.5 : 0;
        setups[rank].gaussian.seed = rank == 3 ? 7 : 0;
        setups[rank].n_data = rank == 4 ? 1 : 2;
    }
    setups[0].data[0] = (struct fg_setup_data){.name = "A", .n = 1, .checksum = 20, .sources = 300};
    act_together(MOST, share, setups, got);
    for (int rank = 0; rank < MOST; rank++) {
        assert_string_equal(got[rank].error.text, told[rank]);
        assert_int_equal(got[rank].status, *told[rank] ? FG_BAD_INPUT : FG_OK);
        assert_int_equal(got[rank].told, 321);
    }
}

/* Returns a number that depends on every bit of every cell. The numbers of the parts of a grid add up to the
 * number of the grid, because cells that were not computed are 0. */
static uint64_t fingerprint(const struct swept *swept)
{
    uint64_t sum = 0;
    for (size_t cell = 0; cell < count_cells(swept); cell++) {
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            uint64_t bits;
            memcpy(&bits, &swept->cells.field[f][cell], sizeof bits);
            sum += bits * (2 * ((uint64_t)f * count_cells(swept) + cell) + 1);
        }
        for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
            sum += swept->cells.flag[f][cell] * ((uint64_t)f * count_cells(swept) + cell + 1);
    }
    return sum;
}

/* Data sets: a nearly straight line, for which some cells need all samples, and two clouds, for which none
 * does. */
enum { LINE, CLOUDS };

static void sweep_part(const struct fg_team *team, const void *given, struct outcome *got)
{
    enum { N = 12000 };
    const int form = *(const int *)given;
    struct fg_samples samples = {0}, sources = {0};
    struct fg_setup setup = {.phi = {.n = 60, .low = 0, .high = 2 * acos(-1)},
                             .r = {.n = 40, .low = -5, .high = 5},
                             .fields = FG_ALL_FIELDS,
                             .n_data = 1};
    struct fg_problem problem = {.setup = &setup, .kernel = fg_kernel_select(NULL, NULL), .team = team};
    cut(&setup, 200);
    if (team->rank == 0) {
        static double x0[N], x1[N];
        static unsigned char y[N];
        for (int k = 0; k < N; k++) {
            x0[k] = 6.0 * k / (double)N - 3;
            x1[k] = form == LINE ? x0[k] + 1 + 1e-7 * sin(k) : sin(k);
            y[k] = k > N / 2 && k % 3 > 0;
        }
        samples = samples_of(N, x0, x1, y);
        assert_int_equal(fg_sources_init(&sources, &samples, 1e6, problem.kernel, 1, NULL), FG_OK);
        assert_true(sources.n > 0);
        problem.samples = &sources;
    }
    struct swept swept = sweep_into_memory(&problem, 1, NULL);
    got->told = fingerprint(&swept);
    free_swept(&swept);
    fg_samples_free(&sources);
    fg_samples_free(&samples);
}

static void samples_of_the_first_process_suffice(void **state)
{
    (void)state;
    for (int form = LINE; form <= CLOUDS; form++) {
        struct outcome alone[MOST], got[MOST];
        uint64_t sum = 0;
        act_together(1, sweep_part, &form, alone);
        act_together(3, sweep_part, &form, got);
        for (int rank = 0; rank < 3; rank++) {
            assert_true(got[rank].told != 0);
            sum += got[rank].told;
        }
        assert_true(sum == alone[0].told);
    }
}

static void alone_everything_stays_as_it_is(void **state)
{
    (void)state;
    struct fg_error error = {.text = "mine"};
    int bytes[] = {1, 2};
    assert_int_equal(fg_team_rank(NULL), 0);
    assert_int_equal(fg_team_size(NULL), 1);
    assert_int_equal(fg_team_first(NULL, 9, 0), 0);
    assert_int_equal(fg_team_first(NULL, 9, 1), 9);
    fg_team_broadcast(NULL, bytes, sizeof bytes);
    fg_team_allgather(NULL, bytes, 2, sizeof *bytes);
    assert_true(bytes[0] == 1 && bytes[1] == 2);
    assert_int_equal(fg_team_sum(NULL, 5), 5);
    assert_int_equal(fg_team_agree(NULL, FG_INTERRUPTED, &error), FG_INTERRUPTED);
    assert_int_equal(fg_team_agree(NULL, FG_OK, NULL), FG_OK);
    struct fg_setup setup = {.damping = 1};
    assert_int_equal(fg_setup_share(&setup, NULL, &error), FG_OK);
    assert_string_equal(error.text, "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_has_one_process_and_shares_differ_by_one),
        cmocka_unit_test(all_know_the_sum_every_piece_and_what_the_first_tells),
        cmocka_unit_test(the_first_failure_counts_or_else_the_first_interruption),
        cmocka_unit_test(all_have_the_setup_of_the_first_or_are_told_what_differs),
        cmocka_unit_test(samples_of_the_first_process_suffice),
        cmocka_unit_test(alone_everything_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
