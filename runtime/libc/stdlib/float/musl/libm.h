/* What musl's mathematics wants of its surroundings: our own, for these two machines. */
#include <u.h>
#include <libc.h>

/* musl is compiled as ISO C, which rounds products before it adds them; its errors are worked out for that */
#pragma GCC optimize ("fp-contract=off")

#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define hidden
#define WANT_ROUNDING 1
#define TOINT_INTRINSICS 0
#define issignaling_inline(x) 0
#define predict_true(x) __builtin_expect(!!(x), 1)
#define predict_false(x) __builtin_expect(!!(x), 0)
#define NAN __builtin_nan("")
#define INFINITY __builtin_inf()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)

typedef double double_t;
typedef float float_t;

#define asuint64(f) ((union{double _f; uint64_t _i;}){f})._i
#define asdouble(i) ((union{uint64_t _i; double _f;}){i})._f

#define EXTRACT_WORDS(hi, lo, d) do{ uint64_t _u = asuint64(d); (hi) = _u>>32; (lo) = (uint32_t)_u; }while(0)
#define GET_HIGH_WORD(hi, d) do{ (hi) = asuint64(d)>>32; }while(0)
#define GET_LOW_WORD(lo, d) do{ (lo) = (uint32_t)asuint64(d); }while(0)
#define INSERT_WORDS(d, hi, lo) do{ (d) = asdouble((uint64_t)(hi)<<32 | (uint32_t)(lo)); }while(0)
#define SET_HIGH_WORD(d, hi) INSERT_WORDS(d, hi, (uint32_t)asuint64(d))
#define SET_LOW_WORD(d, lo) INSERT_WORDS(d, asuint64(d)>>32, lo)

/* for the sake of the exceptions that it raises */
#define FORCE_EVAL(x) do{ volatile double _v; _v = (x); (void)_v; }while(0)

static inline double
fp_barrier(double x)
{
	volatile double y = x;

	return y;
}

static inline void
fp_force_eval(double x)
{
	FORCE_EVAL(x);
}

static inline double
eval_as_double(double x)
{
	return x;
}

#define scalbn ldexp
#define expm1 _expm1
extern	double	expm1(double);

extern	int	__rem_pio2_large(double*, double*, int, int, int);
extern	int	__rem_pio2(double, double*);
extern	double	__sin(double, double, int);
extern	double	__cos(double, double);
extern	double	__tan(double, double, int);
extern	double	__expo2(double, double);
extern	double	__math_xflow(uint32_t, double);
extern	double	__math_uflow(uint32_t);
extern	double	__math_oflow(uint32_t);
extern	double	__math_divzero(uint32_t);
extern	double	__math_invalid(double);
