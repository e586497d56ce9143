// The arms of a design with their counts, by the closed formulas of the methods.
#pragma once

#include "experiments/study/plan.h"

#include <QAbstractTableModel>
#include <QColor>

#include <memory>
#include <vector>

namespace diapason::ui {

class ArmsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Label, Trained, Share, Stored, Head, Rate, Steps, Seeds, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;
    void setPlan(std::shared_ptr<const Plan> plan);

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_plan == nullptr ? 0 : m_plan->arms.size());
    }
    int columnCount(const QModelIndex& = {}) const override { return ColumnCount; }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const Plan> m_plan;
    std::vector<QColor> m_colours;
};

} // namespace diapason::ui
