// The result lines of a verification: one a checked value, counted, printed and kept for --json.
#pragma once

#include "experiments/run/engine.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace diapason {

class VerifyReport {
public:
    VerifyReport(Engine::VerifyResult& result, const std::function<void(const std::string&)>& line)
        : m_result(result),
          m_line(line) {}

    void begin(const std::string& name) { m_case = name; }

    /// Relative to the tensor: max|a−b| ≤ tolerance · max(floor, max|b|). Other shapes and undefined tensors fail.
    void compare(const std::string& what, const at::Tensor& got, const at::Tensor& want, double tolerance,
                 double floor = 1);
    /// Of numbers: the largest difference and what is allowed.
    void compare(const std::string& what, double difference, double allowed);
    /// Whether compare() would pass.
    static bool agrees(const at::Tensor& got, const at::Tensor& want, double tolerance, double floor = 1);
    /// Something that is right or wrong as a whole. @param why said when it is wrong
    void check(const std::string& what, bool good, const std::string& why = {});
    void fail(const std::string& what, const std::string& why) { check(what, false, why); }
    /// Something worth knowing that is neither right nor wrong.
    void note(const std::string& text) { m_result.notes.push_back(m_case + ": " + text); }

private:
    void count(bool good, const std::string& what, const std::string& rest);

    Engine::VerifyResult& m_result;
    const std::function<void(const std::string&)>& m_line;
    std::string m_case;
};

} // namespace diapason
