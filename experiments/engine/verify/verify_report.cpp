#include "experiments/engine/verify/verify_report.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cstdio>

namespace diapason {

namespace {

struct Distance {
    double difference = 0, scale = 0;
    bool within(double tolerance) const { return difference <= tolerance * scale; } // false for NaN
};

Distance distance(const at::Tensor& got, const at::Tensor& want, double floor) {
    if (want.numel() == 0) return {0, floor};
    const at::Tensor a = got.detach().cpu().to(at::kDouble), b = want.detach().cpu().to(at::kDouble);
    return {(a - b).abs().max().item<double>(), std::max(floor, b.abs().max().item<double>())};
}

} // namespace

bool VerifyReport::agrees(const at::Tensor& got, const at::Tensor& want, double tolerance, double floor) {
    return got.defined() && got.sizes() == want.sizes() && distance(got, want, floor).within(tolerance);
}

void VerifyReport::compare(const std::string& what, const at::Tensor& got, const at::Tensor& want, double tolerance,
                           double floor) {
    if (!got.defined() || got.sizes() != want.sizes()) {
        fail(what, got.defined() ? "the shape differs from the expected one" : "not computed");
        return;
    }
    const auto [difference, scale] = distance(got, want, floor);
    compare(what, difference, tolerance * scale);
}

void VerifyReport::compare(const std::string& what, double difference, double allowed) {
    const bool good = difference <= allowed; // false for NaN
    char text[256];
    std::snprintf(text, sizeof text, "  max|Δ| %.3g  tol %.3g", difference, allowed);
    count(good, what, text);
    m_result.cases.push_back(
        {{"case", m_case}, {"what", what}, {"ok", good}, {"difference", difference}, {"tolerance", allowed}});
}

void VerifyReport::check(const std::string& what, bool good, const std::string& why) {
    count(good, what, good ? "  max|Δ| 0  tol 0" : ": " + why);
    Json entry = {{"case", m_case}, {"what", what}, {"ok", good}};
    if (!good) entry["message"] = why;
    m_result.cases.push_back(std::move(entry));
}

void VerifyReport::count(bool good, const std::string& what, const std::string& rest) {
    ++(good ? m_result.passed : m_result.failed);
    m_line((good ? "ok    " : "FAIL  ") + m_case + (what.empty() ? "" : "/" + what) + rest);
}

} // namespace diapason
