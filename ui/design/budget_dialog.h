// Equal budgets: the sizes at which the methods of a design cost the same, seen before they are taken over.
#pragma once

#include "experiments/study/equal_budget.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>

#include <memory>
#include <vector>

namespace diapason::ui {

class BudgetDialog : public QDialog {
    Q_OBJECT
public:
    explicit BudgetDialog(std::shared_ptr<const Plan> plan, QWidget* parent = nullptr);
    /// What is shown; apply_budgets() takes it over. Empty while the target cannot be read.
    const std::vector<BudgetRow>& rows() const { return m_rows; }

private:
    void solve();

    std::shared_ptr<const Plan> m_plan;
    std::vector<BudgetRow> m_rows;
    QComboBox* m_measure;
    QLineEdit* m_target;
    QTableWidget* m_table;
    QLabel* m_message;
    QPushButton* m_apply;
};

} // namespace diapason::ui
