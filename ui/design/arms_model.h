// The arms of a design with their counts, by the closed formulas of the methods.
#pragma once

#include "core/backbone/backbone_config.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"

#include <QAbstractTableModel>
#include <QColor>

namespace diapason::ui {

class ArmsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Label, Trained, Share, Stored, Head, Rate, Steps, Seeds, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;
    void setStudy(const Study& study);
    const std::vector<Arm>& arms() const { return m_arms; }

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_arms.size());
    }
    int columnCount(const QModelIndex& = {}) const override { return ColumnCount; }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Counted {
        bool known = false;
        ParameterCounts counts;
        std::int64_t backbone = 0;
        QString problem;
    };
    std::vector<Arm> m_arms;
    std::vector<Counted> m_counts;
    std::vector<QColor> m_colours;
    std::size_t m_seeds = 0;
};

/// Counts of one arm. @throws Error
ParameterCounts counts_of(const RunSpec& spec, std::int64_t* backbone = nullptr);

} // namespace diapason::ui
